//! Realisations: what a derivation led to, by the derivation's id.
//!
//! What a record says is the caller's; here it is a value that is written whole and read whole.

use std::io::Read;

use landfall_hashing::Digest;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Tried;
use crate::object::ObjectKind;
use crate::temporary;
use crate::{Store, StoreError, envelope};

/// The form of the envelope, not of what is in it.
pub(crate) const FORMAT: &str = "realisation-1";

impl Store {
    /// Writes what a derivation led to, over what was written before. The same record again writes
    /// nothing.
    pub fn put_realisation<T: Serialize>(&self, id: &Digest, record: &T) -> Result<(), StoreError> {
        let path = self.object_path(ObjectKind::Realisation, id);
        let sealed = envelope::seal(FORMAT, &id.to_string(), record);
        let bytes = sealed.map_err(|source| StoreError::Record { path: path.clone(), source })?;
        if self.read_realisation(id)?.is_some_and(|present| present == bytes) {
            return Ok(());
        }
        self.write(&path, &bytes, &temporary::RECORD)
    }

    /// Reads what a derivation led to; none where nothing is known, or nothing that can be read.
    pub fn realisation<T: DeserializeOwned>(&self, id: &Digest) -> Result<Option<T>, StoreError> {
        let bytes = self.read_realisation(id)?;
        Ok(bytes.and_then(|bytes| envelope::open(FORMAT, &id.to_string(), &bytes)))
    }

    fn read_realisation(&self, id: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let Some((mut file, _)) = self.open_object(ObjectKind::Realisation, id)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .tried("read", &self.object_path(ObjectKind::Realisation, id))?;
        Ok(Some(bytes))
    }
}
