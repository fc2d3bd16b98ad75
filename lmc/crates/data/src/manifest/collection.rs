//! Collections: many models in one manifest, told apart by a number.

use std::ops::RangeInclusive;

use serde::Deserialize;

use super::source::{HubSource, Revision, Source};
use super::{Manifest, ManifestKind};
use lmc_base::error::{LmcError, Result};

/// The numbers of the members of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Members {
    /// The first number.
    pub first: u32,
    /// The last number, which is included.
    pub last: u32,
}

impl Members {
    /// Returns the numbers, the last included.
    pub fn numbers(self) -> RangeInclusive<u32> {
        self.first..=self.last
    }
}

impl Manifest {
    /// Returns the manifest of one member of a collection, called `<collection>-<number>`. If the collection
    /// has steps, it is the member at the end of training.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] if this is not a collection or has no member of that number.
    ///
    /// # Examples
    /// ```
    /// # mod lmc { pub use lmc_data::{self as data, LmcError, Result, spec}; }
    /// use lmc::data::manifest::{HubSource, Manifest, Source};
    /// let member = Manifest::builtin("feather-berts")?.member(12)?;
    /// assert_eq!(member.name, "feather-berts-12");
    /// let Source::Hub(HubSource { repository, .. }) = &member.source else { unreachable!() };
    /// assert_eq!(repository, "connectivity/feather_berts_12");
    /// # Ok::<(), lmc::LmcError>(())
    /// ```
    pub fn member(&self, number: u32) -> Result<Manifest> {
        let (members, source) = self.collection()?;
        if !members.numbers().contains(&number) {
            let name = &self.name;
            let expected = format!("{name}-{} to {name}-{}", members.first, members.last);
            return Err(LmcError::invalid("member", format!("{name}-{number}"), expected));
        }
        let revision = match &source.revision {
            Revision::Steps(steps) => Revision::Step(*steps.last().ok_or_else(|| no_collection(&self.name))?),
            other => other.clone(),
        };
        let repository = source.repository.replacen("{}", &number.to_string(), 1);
        Ok(Manifest {
            name: format!("{}-{number}", self.name),
            kind: ManifestKind::Model,
            title: format!("{}, number {number}", self.title),
            source: Source::Hub(HubSource { repository, repo_type: source.repo_type, revision }),
            members: None,
            ..self.clone()
        })
    }

    /// Returns the same member at another step of training, called `<collection>-<number>@<step>`.
    ///
    /// # Errors
    /// The errors of [`Manifest::member`]; [`LmcError::UnknownName`] if the collection does not have that
    /// step, [`LmcError::InvalidParameter`] if it has no steps.
    pub fn member_at(&self, number: u32, step: u64) -> Result<Manifest> {
        let mut member = self.member(number)?;
        let (_, source) = self.collection()?;
        let steps = match &source.revision {
            Revision::Steps(steps) => steps.as_slice(),
            _ => &[],
        };
        if steps.is_empty() {
            let expected = format!("{}-{number}, only the end of training is there", self.name);
            return Err(LmcError::invalid("member", format!("{}-{number}@{step}", self.name), expected));
        }
        if !steps.contains(&step) {
            let known = steps.iter().map(u64::to_string).collect();
            return Err(LmcError::UnknownName {
                kind: "step",
                name: format!("{step} of {}", self.name),
                known,
            });
        }
        member.name = format!("{}@{step}", member.name);
        if let Source::Hub(source) = &mut member.source {
            source.revision = Revision::Step(step);
        }
        Ok(member)
    }

    fn collection(&self) -> Result<(Members, &HubSource)> {
        match (self.members, &self.source) {
            (Some(members), Source::Hub(source)) => Ok((members, source)),
            _ => Err(no_collection(&self.name)),
        }
    }

    /// Returns the inconsistency among `members` and `source`: a text that the line at fault contains, and
    /// the problem.
    pub(super) fn member_inconsistency(&self) -> Option<(String, String)> {
        let is_collection = self.kind == ManifestKind::Collection;
        let at = |culprit: &str, problem: String| Some((culprit.to_owned(), problem));
        if let Some(Members { first, last }) = self.members.filter(|members| members.first > members.last) {
            return at("first =", format!("the first member is {first}, the last {last}"));
        }
        let Source::Hub(source) = &self.source else {
            return if is_collection { at("[source]", "a collection comes from `hub`".into()) } else { None };
        };
        if source.repository.contains("{}") != is_collection {
            return at("hub =", "`{}` in `hub` stands for the number of a collection's member".into());
        }
        if !is_collection && matches!(source.revision, Revision::Steps(_)) {
            return at("steps =", "`steps` belongs to a collection; a model has one `step`".into());
        }
        None
    }
}

fn no_collection(name: &str) -> LmcError {
    LmcError::invalid("member", format!("a member of {name}"), "a member of a collection")
}
