//! How an environment is written: `prod.london`, or `prod` for all its regions.

use std::fmt;
use std::str::FromStr;

use crate::problems::Reason;
use crate::{EnvironmentName, NameError};

/// The grammar of [`EnvironmentName`], for the schema.
pub(crate) const PATTERN: &str = "^[a-z](-?[a-z0-9])*(\\.[a-z](-?[a-z0-9])*)?$";

impl FromStr for EnvironmentName {
    type Err = EnvironmentNameError;

    fn from_str(text: &str) -> Result<Self, EnvironmentNameError> {
        let (stage, region) = match text.split_once('.') {
            Some((stage, region)) => (stage, Some(region)),
            None => (text, None),
        };
        let failed = |source| EnvironmentNameError { text: text.to_owned(), source };
        let region = region.map(str::parse).transpose().map_err(failed)?;
        Ok(Self { stage: stage.parse().map_err(failed)?, region })
    }
}

impl fmt::Display for EnvironmentName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.stage)?;
        self.region.iter().try_for_each(|region| write!(formatter, ".{region}"))
    }
}

/// A text that names no environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no environment", text.escape_debug())]
pub struct EnvironmentNameError {
    /// What was read.
    pub text: String,
    /// Which of its names cannot be.
    pub source: NameError,
}

impl Reason for EnvironmentNameError {
    const CODE: &'static str = "config::environment";
    const LABEL: &'static str = "not an environment";

    fn label(&self) -> String {
        self.source.to_string()
    }

    fn helps(&self) -> Vec<String> {
        vec!["write a stage, as in `prod`, or a stage and a region, as in `prod.london`".to_owned()]
    }
}
