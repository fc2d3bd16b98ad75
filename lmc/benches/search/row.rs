//! The rows of the table of a search.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use lmc::analyses::report::Report;
use lmc::basin::Basins;
use lmc::stats::{mean, standard_deviation};
use lmc::{LmcError, Result};

/// The columns. Those of a setting come first; `two_` are the marks if two basins are asked for.
const HEADER: &str = "encoder,share,rate,updates,master,points,examples,basins,alone,within,across,ratio,\
                      difference,p,r,marks,two_basins,two_ratio,two_difference,two_p,two_r,two_marks,\
                      id_accuracy,lo_accuracy,lo_deviation,r_id_loss,seconds";

/// A setting on one master seed with what was found.
#[derive(Default)]
pub struct Row {
    pub encoder: String,
    pub share: f64,
    pub rate: f64,
    pub updates: u32,
    pub master: u64,
    pub points: usize,
    pub examples: usize,
    pub found: String,
}

impl Row {
    /// Returns the columns of the setting.
    fn setting(&self) -> String {
        let Self { encoder, share, rate, updates, master, points, examples, .. } = self;
        format!("{encoder},{share},{rate},{updates},{master},{points},{examples},")
    }

    /// Returns the row with what was found with as many basins as the gaps show, and with two.
    pub fn with(
        self,
        basins: &Basins,
        auto: &Report,
        two: &Report,
        id: &[f64],
        lo: &[f64],
        seconds: f64,
    ) -> Result<Self> {
        let sizes = |sizes: &[usize]| sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("+");
        let (found, halves) = (Marks::of(auto), Marks::of(two));
        let columns = [
            sizes(&basins.sizes()),
            basins.outliers().len().to_string(),
            shown(Some(auto.within)),
            shown(auto.across),
            found.columns(),
            sizes(&two.sizes),
            halves.columns(),
            shown(Some(mean(id)?)),
            shown(Some(mean(lo)?)),
            shown(Some(standard_deviation(lo)?)),
            shown(auto.r_id_loss),
            format!("{seconds:.0}"),
        ];
        Ok(Self { found: columns.join(","), ..self })
    }
}

/// The numbers on which the four marks are.
struct Marks {
    ratio: Option<f64>,
    difference: Option<f64>,
    p: Option<f64>,
    r: Option<f64>,
}

impl Marks {
    fn of(report: &Report) -> Self {
        Self {
            ratio: report.ratio(),
            difference: report.difference(),
            p: report.p_value,
            r: report.r_membership.map(f64::abs),
        }
    }

    /// Returns how many of the four marks hold.
    fn passed(&self) -> usize {
        let holds = |value: Option<f64>, holds: fn(f64) -> bool| value.is_some_and(holds);
        [
            holds(self.ratio, |ratio| ratio >= 2.0),
            holds(self.difference, |difference| difference >= 0.25),
            holds(self.p, |p| p < 0.01),
            holds(self.r, |r| r >= 0.8),
        ]
        .into_iter()
        .filter(|&holds| holds)
        .count()
    }

    fn columns(&self) -> String {
        let Self { ratio, difference, p, r } = *self;
        let numbers = [ratio, difference, p, r].map(shown).join(",");
        format!("{numbers},{}", self.passed())
    }
}

/// Returns a number with four digits, or nothing for one that is not defined.
fn shown(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.4}"))
}

/// The file of the rows.
pub struct Table {
    path: PathBuf,
    lines: Vec<String>,
}

impl Table {
    /// Opens the file, or begins it.
    pub fn open(path: &Path) -> Result<Self> {
        if !path.exists() {
            fs::write(path, format!("{HEADER}\n")).map_err(LmcError::io("write", path))?;
        }
        Self::read(path)
    }

    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(LmcError::io("read", path))?;
        Ok(Self { path: path.to_owned(), lines: text.lines().map(str::to_owned).collect() })
    }

    /// Returns a table in Markdown: for each setting, the master seeds on which all four marks hold, with as many
    /// basins as the gaps show and with two.
    pub fn summary(&self) -> String {
        let mut settings: Vec<(Vec<&str>, Vec<[&str; 3]>)> = Vec::new();
        for line in self.lines.iter().skip(1) {
            let columns: Vec<&str> = line.split(',').collect();
            let column =
                |name: &str| HEADER.split(',').position(|known| known == name).map_or("", |at| columns[at]);
            let setting = ["encoder", "share", "rate", "updates"].map(column).to_vec();
            let marks = ["master", "marks", "two_marks"].map(column);
            match settings.iter_mut().find(|(known, _)| *known == setting) {
                Some((_, rows)) => rows.push(marks),
                None => settings.push((setting, vec![marks])),
            }
        }
        let mut text = "| encoder | share | rate | updates | master seeds | all marks, basins found | all marks, two basins |\n\
                        |---|---|---|---|---|---|---|\n"
            .to_owned();
        for (setting, rows) in settings {
            let masters: Vec<&str> = rows.iter().map(|[master, ..]| *master).collect();
            let passed = |at: usize| {
                let passed: Vec<&str> = rows.iter().filter(|row| row[at] == "4").map(|row| row[0]).collect();
                if passed.is_empty() { "none".to_owned() } else { passed.join(", ") }
            };
            let cells = [setting.join(" | "), masters.join(", "), passed(1), passed(2)];
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        text
    }

    /// Returns whether the setting was run on its master seed.
    pub fn has(&self, row: &Row) -> bool {
        self.lines.iter().any(|line| line.starts_with(&row.setting()))
    }

    /// Adds a row and prints it.
    pub fn add(&mut self, row: Row) -> Result<()> {
        let line = format!("{}{}", row.setting(), row.found);
        println!("{line}");
        let mut file =
            OpenOptions::new().append(true).open(&self.path).map_err(LmcError::io("open", &self.path))?;
        writeln!(file, "{line}").map_err(LmcError::io("write", &self.path))?;
        self.lines.push(line);
        Ok(())
    }
}
