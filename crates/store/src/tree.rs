//! Trees: the written form of each, by its hash.

use std::io::Read;

use landfall_hashing::Digest;
use landfall_tree::Tree;

use crate::damaged::Identity;
use crate::error::Tried;
use crate::object::ObjectKind;
use crate::temporary;
use crate::{Store, StoreError};

impl Store {
    /// Writes a tree's listing; gives the tree's hash. The bytes of its files are not looked at.
    pub fn put_tree(&self, tree: &Tree) -> Result<Digest, StoreError> {
        let bytes = tree.to_bytes();
        let hash = Digest::of(&bytes);
        self.put_object(ObjectKind::Tree, &hash, &bytes, &temporary::RECORD)?;
        Ok(hash)
    }

    /// Reads a tree by its hash; none where it is not there.
    ///
    /// A listing that is not what its name says is moved aside and counts as not there.
    pub fn tree(&self, hash: &Digest) -> Result<Option<Tree>, StoreError> {
        let Some((mut file, metadata)) = self.open_object(ObjectKind::Tree, hash)? else {
            return Ok(None);
        };
        let mut bytes = Vec::with_capacity(metadata.len() as usize);
        file.read_to_end(&mut bytes).tried("read", &self.object_path(ObjectKind::Tree, hash))?;
        match self.check(ObjectKind::Tree, hash, &bytes, Identity::of(&metadata)) {
            Err(StoreError::Damaged { .. }) => Ok(None),
            // A listing of a format that this version does not know is made anew as well.
            checked => checked.map(|()| Tree::from_bytes(&bytes).ok()),
        }
    }
}
