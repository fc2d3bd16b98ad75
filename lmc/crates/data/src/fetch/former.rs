//! Former names of repositories on the hub, from before their owners were given one.
//!
//! The hub's first repositories had no owner: `google-bert/bert-base-uncased` was `bert-base-uncased`,
//! `nyu-mll/glue` was `glue`. They were renamed with all their commits, and files that older programs fetched
//! lie in the cache under the old name.

use crate::manifest::RepoType;

/// The owners to which models without an owner were given.
const OF_MODELS: [&str; 10] = [
    "FacebookAI",
    "Salesforce",
    "albert",
    "almanach",
    "distilbert",
    "google-bert",
    "google-t5",
    "openai-community",
    "transfo-xl",
    "xlnet",
];
/// The owners to which datasets without an owner were given.
const OF_DATASETS: [&str; 5] = ["aps", "google-research-datasets", "jhu-cogsci", "nyu-mll", "stanfordnlp"];

/// Returns the names under which a repository may lie in a cache, the present one first.
pub(super) fn names(repository: &str, repo_type: RepoType) -> Vec<String> {
    let owners = match repo_type {
        RepoType::Model => OF_MODELS.as_slice(),
        RepoType::Dataset => OF_DATASETS.as_slice(),
    };
    let former = repository.split_once('/').filter(|(owner, _)| owners.contains(owner));
    std::iter::once(repository).chain(former.map(|(_, name)| name)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_owners_of_renamed_repositories_are_left_out() {
        let models = |repository| names(repository, RepoType::Model);
        assert_eq!(
            models("google-bert/bert-base-uncased"),
            ["google-bert/bert-base-uncased", "bert-base-uncased"]
        );
        assert_eq!(models("FacebookAI/roberta-base"), ["FacebookAI/roberta-base", "roberta-base"]);
        assert_eq!(models("someone/bert-base-uncased"), ["someone/bert-base-uncased"]);
        assert_eq!(models("nyu-mll/glue"), ["nyu-mll/glue"]);
        assert_eq!(names("nyu-mll/glue", RepoType::Dataset), ["nyu-mll/glue", "glue"]);
    }
}
