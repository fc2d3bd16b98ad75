//! Constructors of errors, and methods that add the file, folder or model an error is about.

use std::path::Path;

use super::LmcError;

impl LmcError {
    /// Returns an [`LmcError::Io`] for use with `map_err`.
    #[doc(hidden)]
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> LmcError {
        let path = path.to_owned();
        move |source| LmcError::Io { action, path, source }
    }

    /// Returns the same error, with `whose` in front of the computation if the error is a loss that is not
    /// finite or a lack of memory.
    #[doc(hidden)]
    pub fn of(self, whose: impl std::fmt::Display) -> Self {
        match self {
            Self::NonFiniteLoss { what, value, position } => {
                Self::NonFiniteLoss { what: format!("{whose}: {what}"), value, position }
            }
            Self::OutOfMemory { what, asked } => {
                Self::OutOfMemory { what: format!("{whose}: {what}"), asked }
            }
            other => other,
        }
    }

    /// Returns the same error, with the folder of its model in front unless its text already names that
    /// folder.
    #[doc(hidden)]
    pub fn in_model(self, folder: &Path) -> Self {
        match self.found_in(folder) {
            error @ (Self::InvalidParameter { .. }
            | Self::UnknownName { .. }
            | Self::ShapeMismatch { .. }
            | Self::Tokenizer(_)
            | Self::Torch(_))
                if !error.to_string().starts_with(&*folder.to_string_lossy()) =>
            {
                Self::InModel { folder: folder.to_owned(), source: Box::new(error) }
            }
            // All other errors name a file or are not about a model.
            other => other,
        }
    }

    /// Returns the same error, with the file or folder that tensors or labels come from if it is about those.
    #[doc(hidden)]
    pub fn found_in(self, path: &Path) -> Self {
        match self {
            Self::Tensors { origin: None, missing, unexpected, misshapen, remedy } => {
                Self::Tensors { origin: Some(path.to_owned()), missing, unexpected, misshapen, remedy }
            }
            Self::Labels { origin: None, problem, remedy } => {
                Self::Labels { origin: Some(path.to_owned()), problem, remedy }
            }
            Self::OutsideTable { origin: None, what, got, size, field, remedy } => {
                Self::OutsideTable { origin: Some(path.to_owned()), what, got, size, field, remedy }
            }
            other => other,
        }
    }

    /// Returns the same error, with the tensors that were set aside added to the unexpected ones if tensors
    /// are missing.
    #[doc(hidden)]
    pub fn beside(self, others: &[String]) -> Self {
        match self {
            Self::Tensors { origin, missing, mut unexpected, misshapen, remedy } => {
                if !missing.is_empty() {
                    unexpected.extend_from_slice(others);
                }
                Self::Tensors { origin, missing, unexpected, misshapen, remedy }
            }
            other => other,
        }
    }

    /// Returns an [`LmcError::InvalidParameter`]: the field, its value, and what would be allowed.
    pub fn invalid(field: &'static str, got: impl ToString, expected: impl Into<String>) -> LmcError {
        LmcError::InvalidParameter { field, got: got.to_string(), expected: expected.into() }
    }
}
