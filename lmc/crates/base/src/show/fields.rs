//! Lists of fields for display: one HTML table and one text for all types that are shown like this.

/// The MIME type of each form of a display and its content, the plain text last.
pub type Forms = Vec<(&'static str, String)>;

/// A heading and named values.
pub struct Fields {
    /// The name of the thing that is shown.
    pub heading: String,
    /// Names and values, in order.
    pub rows: Vec<(&'static str, String)>,
}

impl Fields {
    /// Returns the list as HTML and as text.
    pub fn forms(&self) -> Forms {
        vec![("text/html", self.html()), ("text/plain", self.text())]
    }

    /// Returns one line of HTML in which everything is escaped.
    fn html(&self) -> String {
        let row = |(name, value): &(&str, String)| {
            let (name, value) = (escape(name), escape(value));
            format!(
                "<tr><th style=\"text-align:left\">{name}</th><td style=\"text-align:left\">{value}</td></tr>"
            )
        };
        let rows: String = self.rows.iter().map(row).collect();
        format!("<table><caption>{}</caption><tbody>{rows}</tbody></table>", escape(&self.heading))
    }

    fn text(&self) -> String {
        let width = self.rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let lines = self.rows.iter().map(|(name, value)| format!("\n  {name:width$}  {value}"));
        std::iter::once(self.heading.clone()).chain(lines).collect()
    }
}

/// Returns a number of things: "1 model", "2 models", "2 copies".
pub fn counted(n: usize, thing: &str) -> String {
    match (n, thing.strip_suffix('y').filter(|start| !start.ends_with(['a', 'e', 'o', 'u']))) {
        (1, _) => format!("1 {thing}"),
        (_, Some(start)) => format!("{n} {start}ies"),
        (_, None) => format!("{n} {thing}s"),
    }
}

/// Returns values in few words: "100 to 115", "3, 5, 8", "1, 2, 3, 9, 11, 12, … (40)".
pub fn listed<T: ToString>(values: &[T]) -> String {
    const SHOWN: usize = 16;
    let shown: Vec<String> = values.iter().take(SHOWN).map(T::to_string).collect();
    let rest = if values.len() > SHOWN { format!(", … ({})", values.len()) } else { String::new() };
    shown.join(", ") + &rest
}

/// Returns seeds as [`listed`] does, or only the first and the last if there are four or more consecutive
/// ones.
pub fn seeds(values: &[u64]) -> String {
    match values {
        [first, _, _, .., last] if values.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1])) => {
            format!("{first} to {last}")
        }
        _ => listed(values),
    }
}

/// Returns text that stays text in HTML and stays on one line.
#[doc(hidden)]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Returns the range of values in words: "0.0021 to 0.0480 nats".
pub fn range(values: impl Iterator<Item = f64> + Clone, unit: &str) -> String {
    let (low, high) =
        (values.clone().fold(f64::INFINITY, f64::min), values.fold(f64::NEG_INFINITY, f64::max));
    format!("{low:.4} to {high:.4} {unit}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_escaped_and_text_is_aligned() {
        let rows = vec![("name", "a <b> & \"c\"".to_owned()), ("n", "3".to_owned())];
        let forms = Fields { heading: "Thing <i>".into(), rows }.forms();
        assert_eq!(
            forms[0],
            (
                "text/html",
                "<table><caption>Thing &lt;i&gt;</caption><tbody>\
                 <tr><th style=\"text-align:left\">name</th>\
                 <td style=\"text-align:left\">a &lt;b&gt; &amp; &quot;c&quot;</td></tr>\
                 <tr><th style=\"text-align:left\">n</th><td style=\"text-align:left\">3</td></tr>\
                 </tbody></table>"
                    .to_owned()
            )
        );
        assert_eq!(forms[1], ("text/plain", "Thing <i>\n  name  a <b> & \"c\"\n  n     3".to_owned()));
    }

    #[test]
    fn lists_are_short() {
        assert_eq!(seeds(&(100..116).collect::<Vec<_>>()), "100 to 115");
        assert_eq!(seeds(&[0, 1, 2]), "0, 1, 2");
        assert_eq!(seeds(&[3, 5, 8, 9]), "3, 5, 8, 9");
        let long: Vec<u64> = (0..40).map(|i| 2 * i).collect();
        assert!(seeds(&long).ends_with("28, 30, … (40)"), "{}", seeds(&long));
        assert_eq!(seeds(&[u64::MAX; 4]).matches(',').count(), 3);
    }
}
