//! Steps of training: the way from a step to the commit that holds its weights.
//!
//! DIFFERENCE: if a step has several commits, the public code of Juneja et al. (2023) takes the newest; here
//! they are refused.

use serde::Deserialize;

use super::Fetcher;
use super::address::{origin, redirect, shown};
use super::client::network;
use super::retry::Failure;
use crate::manifest::is_commit;
use lmc_base::error::{LmcError, Result};

/// The most pages of commits that are requested.
const MAX_PAGES: usize = 1000;
/// The most steps or commits that an error lists.
const LISTED: usize = 60;

/// A commit as the hub lists it.
#[derive(Clone, Debug, Deserialize)]
struct Commit {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    message: String,
}

impl Commit {
    /// Returns the numbers that stand as separate words in title and message: `step 100` has 100, but `1000`
    /// and `log@100steps` do not.
    fn numbers(&self) -> impl Iterator<Item = u64> {
        let words = self.title.split_whitespace().chain(self.message.split_whitespace());
        words.filter_map(|word| {
            let word = word.trim_matches(|c| ".,:;!?()[]\"'`".contains(c));
            word.bytes().all(|byte| byte.is_ascii_digit()).then(|| word.parse().ok()).flatten()
        })
    }
}

/// Returns the commit of the branch `main` of a repository whose message has that step as a word; `api` is
/// the address of the repository on the hub.
pub(super) fn commit(fetcher: &Fetcher, api: &str, repository: &str, step: u64) -> Result<String> {
    let commits = list(fetcher, &format!("{api}/commits/main"))?;
    select(&commits, repository, step)
}

fn list(fetcher: &Fetcher, first: &str) -> Result<Vec<Commit>> {
    let mut commits = Vec::new();
    let mut url = first.to_owned();
    for _ in 0..MAX_PAGES {
        let (page, next) = fetcher.retries.run(|| {
            let (text, reply) = fetcher.client.text(&url)?;
            let page: Vec<Commit> = serde_json::from_slice(&text).map_err(|error| {
                Failure::last(network(&url, Some(200), format!("no list of commits: {error}")))
            })?;
            let next = reply.header("link").and_then(next_page).map(|next| redirect(&url, next));
            Ok((page, next))
        })?;
        commits.extend(page);
        match next {
            None => return Ok(commits),
            Some(Some(next)) if origin(&next) == origin(first) && next != url => url = next,
            Some(next) => {
                let problem = format!("next page at `{}`", shown(&next.unwrap_or_default()));
                return Err(network(&url, Some(200), problem));
            }
        }
    }
    Err(network(first, Some(200), format!("more than {MAX_PAGES} pages of commits")))
}

/// Returns the address of the next page in a `Link` header (RFC 8288).
fn next_page(header: &str) -> Option<&str> {
    header.split(',').find_map(|link| {
        let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let next = |p: &str| matches!(p.trim().split_once('='), Some(("rel", rel)) if rel.trim_matches('"') == "next");
        parameters.split(';').any(next).then_some(address)
    })
}

fn select(commits: &[Commit], repository: &str, step: u64) -> Result<String> {
    let named: Vec<&Commit> =
        commits.iter().filter(|commit| commit.numbers().any(|number| number == step)).collect();
    match named.as_slice() {
        [commit] if is_commit(&commit.id) => Ok(commit.id.clone()),
        [] => {
            let mut steps: Vec<u64> = commits.iter().flat_map(Commit::numbers).collect();
            steps.sort_unstable();
            steps.dedup();
            let mut known: Vec<String> = steps.iter().take(LISTED).map(u64::to_string).collect();
            known.extend((steps.len() > LISTED).then(|| format!("and {} more", steps.len() - LISTED)));
            let name = format!("{step} of {repository}");
            Err(LmcError::UnknownName { kind: "step", name, known })
        }
        several => {
            let commit = |commit: &&Commit| format!("{:.12} ({:.80})", commit.id, commit.title.trim());
            let list: Vec<String> = several.iter().take(LISTED).map(commit).collect();
            let got = format!("{step}, which these commits of {repository} name: {}", list.join(", "));
            let expected = "a step that one commit names; or give the commit as `revision`";
            Err(LmcError::invalid("source.step", got, expected))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commits(titles: &[&str]) -> Vec<Commit> {
        let commit = |(index, title): (usize, &&str)| Commit {
            id: format!("{index:040x}"),
            title: (*title).to_owned(),
            message: String::new(),
        };
        titles.iter().enumerate().map(commit).collect()
    }

    #[test]
    fn a_step_is_a_number_and_not_a_part_of_one() {
        let all = commits(&[
            "Saving weights and logs of step 1000",
            "Saving weights and logs of step 100",
            "Upload eval@100steps_x.json with huggingface_hub",
            "after 200 steps.",
            "0.300 better, 40000000000000000000000 x",
            "Saving tokenizer",
        ]);
        let step = |step| select(&all, "o/n", step);
        assert_eq!(step(100).unwrap(), format!("{:040x}", 1));
        assert_eq!(step(1000).unwrap(), format!("{:040x}", 0));
        assert_eq!(step(200).unwrap(), format!("{:040x}", 3));
        for absent in [10, 300, 0] {
            let error = step(absent).unwrap_err().to_string();
            assert_eq!(error, format!("unknown step `{absent} of o/n`; known: 100, 200, 1000"));
        }
    }

    #[test]
    fn a_step_of_several_commits_is_not_guessed() {
        let error = select(&commits(&["step 7", "x", "again step 7"]), "o/n", 7).unwrap_err().to_string();
        assert!(error.starts_with("`source.step`: got 7, which these commits of o/n name: 000000000000 (step 7), 000000000000 (again step 7), expected"), "{error}");
        let mut odd = commits(&["step 7"]);
        odd[0].id = "../../x".into();
        assert!(select(&odd, "o/n", 7).is_err());
    }

    #[test]
    fn the_next_page_is_the_one_that_says_so() {
        let header = "<https://hub/a?x=1>; rel=\"prev\", <https://hub/a?cursor=b>; rel=\"next\"";
        assert_eq!(next_page(header), Some("https://hub/a?cursor=b"));
        assert_eq!(next_page("<https://hub/a>; rel=\"last\""), None);
        assert_eq!(next_page("nonsense"), None);
    }
}
