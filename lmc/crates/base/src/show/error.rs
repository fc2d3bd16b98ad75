//! The display of errors.

use super::{Forms, Show};
use crate::error::LmcError;

crate::shown!(LmcError);

impl Show for LmcError {
    fn forms(&self) -> Forms {
        vec![("text/plain", self.to_string())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_its_message() {
        assert_eq!(
            LmcError::Figure("no axis".into()).forms(),
            [("text/plain", "figure: no axis".to_owned())]
        );
    }
}
