//! An app's block as text: values change, comments and the order of keys stay.

use std::collections::BTreeMap;

use landfall_config::Name;
use toml_edit::{
    Array, DocumentMut, InlineTable, Item, RawString, Table, TableLike, TomlError, Value,
};

use crate::{Entry, ImageVersion, Override, Previous};

/// One item of `previous` to a line, so that git shows and merges them apart. The bracket stands in
/// a line of its own even below none: a block whose last line changes would not merge with a new
/// block behind it.
const LINE: &str = "\n  ";

/// Writes an entry into the lines of its block; a comment goes with what it stands at.
pub(crate) fn changed(lines: &str, app: &Name, entry: &Entry) -> Result<String, TomlError> {
    let mut document: DocumentMut = lines.parse()?;
    if let Some(table) = document.get_mut(app.as_str()).and_then(Item::as_table_like_mut) {
        write(table, entry);
    }
    Ok(document.to_string())
}

/// The lines of an entry that had none.
pub(crate) fn fresh(app: &Name, entry: &Entry) -> String {
    let mut table = Table::new();
    table.decor_mut().set_prefix("");
    write(&mut table, entry);
    let mut document = DocumentMut::new();
    document.insert(app.as_str(), Item::Table(table));
    document.to_string()
}

/// Takes an app out of lines before the first block, where it was written as `myapp = { … }`: the
/// other lines, and the comments above it.
pub(crate) fn taken_out(lines: &str, app: &Name) -> Result<Option<(String, String)>, TomlError> {
    let mut document: DocumentMut = lines.parse()?;
    let taken = document.remove_entry(app.as_str());
    Ok(taken.map(|(key, _)| {
        let above = key.leaf_decor().prefix().and_then(|prefix| prefix.as_str());
        (document.to_string(), above.unwrap_or_default().trim_start_matches('\n').to_owned())
    }))
}

fn write(table: &mut dyn TableLike, entry: &Entry) {
    write_image(table, &entry.image);
    put(table, "revision", integer(entry.revision));
    write_previous(table, &entry.previous);
    write_regions(table, &entry.regions);
}

fn write_image(table: &mut dyn TableLike, image: &ImageVersion) {
    put(table, "digest", image.digest.to_string().into());
    put(table, "version", image.version.as_str().into());
}

/// Every revision that was read is below 2^53, and each change adds one.
fn integer(revision: u64) -> Value {
    i64::try_from(revision).unwrap_or(i64::MAX).into()
}

/// Changes a value where it differs; what stands around it stays.
fn put(table: &mut dyn TableLike, key: &str, mut value: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) if is_same(old, &value) => {}
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => drop(table.insert(key, Item::Value(value))),
    }
}

/// Whether two values say the same, however they are written.
fn is_same(one: &Value, other: &Value) -> bool {
    let is_equal_text = one.as_str().is_some() && one.as_str() == other.as_str();
    let is_equal_number = one.as_integer().is_some() && one.as_integer() == other.as_integer();
    let is_equal_switch = one.as_bool().is_some() && one.as_bool() == other.as_bool();
    is_equal_text || is_equal_number || is_equal_switch
}

fn write_previous(table: &mut dyn TableLike, previous: &[Previous]) {
    let mut list = Array::new();
    let (opening, old) = old_items(table);
    for item in previous {
        let old = old.iter().find(|old| says(old, item)).cloned();
        let value = in_a_line(old.unwrap_or_else(|| written(item)));
        list.push_formatted(if list.is_empty() { behind(&opening, value) } else { value });
    }
    let old = table.get("previous").and_then(Item::as_array);
    let end = old.and_then(|old| old.trailing().as_str()).filter(|end| end.contains('\n'));
    list.set_trailing(end.unwrap_or("\n"));
    list.set_trailing_comma(!previous.is_empty());
    if let Some(old) = old {
        *list.decor_mut() = old.decor().clone();
    }
    match table.get_mut("previous").and_then(Item::as_value_mut) {
        Some(value) => *value = list.into(),
        None => drop(table.insert("previous", Item::Value(list.into()))),
    }
}

/// What stands behind the bracket of a list, and its items with their comments; of
/// `[[myapp.previous]]` nothing.
fn old_items(table: &dyn TableLike) -> (String, Vec<Value>) {
    let list = table.get("previous").and_then(Item::as_array);
    let mut items: Vec<_> = list.into_iter().flat_map(Array::iter).cloned().collect();
    let Some(first) = items.first_mut() else { return Default::default() };
    let above = before(first).to_owned();
    let (opening, rest) = above.split_at(above.find('\n').unwrap_or(0));
    first.decor_mut().set_prefix(rest);
    (opening.to_owned(), items)
}

fn behind(opening: &str, mut first: Value) -> Value {
    let above = format!("{opening}{}", before(&first));
    first.decor_mut().set_prefix(above);
    first
}

fn before(value: &Value) -> &str {
    value.decor().prefix().and_then(RawString::as_str).unwrap_or_default()
}

fn says(value: &Value, item: &Previous) -> bool {
    let same = |key: &str, wanted: Option<Value>| {
        let found = value.as_inline_table().and_then(|table| table.get(key));
        match (found, wanted) {
            (Some(found), Some(wanted)) => is_same(found, &wanted),
            (found, wanted) => found.is_none() && wanted.is_none(),
        }
    };
    same("revision", Some(integer(item.revision)))
        && same("version", Some(item.image.version.as_str().into()))
        && same("digest", Some(item.image.digest.to_string().into()))
        && same("region", item.region.as_ref().map(|region| region.as_str().into()))
}

fn written(item: &Previous) -> Value {
    let mut table = InlineTable::new();
    table.insert("revision", integer(item.revision));
    table.insert("version", item.image.version.as_str().into());
    table.insert("digest", item.image.digest.to_string().into());
    if let Some(region) = &item.region {
        table.insert("region", region.as_str().into());
    }
    table.into()
}

/// The comments of an item stand before it.
fn in_a_line(value: Value) -> Value {
    let above = Some(before(&value)).filter(|text| text.contains('\n'));
    let after = value.decor().suffix().and_then(RawString::as_str);
    let after = after.filter(|text| text.contains('#'));
    let [above, after] = [above.unwrap_or(LINE), after.unwrap_or_default()].map(str::to_owned);
    value.decorated(above, after)
}

fn write_regions(table: &mut dyn TableLike, regions: &BTreeMap<Name, Override>) {
    if regions.is_empty() {
        table.remove("regions");
        return;
    }
    if table.get("regions").is_none_or(|item| !item.is_table_like()) {
        let mut implicit = Table::new();
        implicit.set_implicit(true);
        table.insert("regions", Item::Table(implicit));
    }
    let Some(below) = table.get_mut("regions").and_then(Item::as_table_like_mut) else { return };
    let gone = below.iter().map(|(name, _)| name.to_owned());
    let gone: Vec<_> = gone.filter(|name| !regions.contains_key(name.as_str())).collect();
    gone.iter().for_each(|name| drop(below.remove(name)));
    for (name, one) in regions {
        if below.get(name.as_str()).is_none() {
            below.insert(name.as_str(), Item::Table(Table::new()));
        }
        if let Some(own) = below.get_mut(name.as_str()).and_then(Item::as_table_like_mut) {
            write_override(own, one);
        }
    }
    // Of dotted keys each name's own would be sorted, too.
    if !below.iter().any(|(_, item)| item.as_table().is_some_and(Table::is_dotted)) {
        below.sort_values();
    }
    // Tables that have no place of their own stand as they were sorted.
    let tables = below.iter_mut().filter_map(|(_, item)| item.as_table_mut());
    tables.for_each(|table| table.set_position(None));
}

fn write_override(table: &mut dyn TableLike, one: &Override) {
    write_image(table, &one.image);
    if one.hold || table.get("hold").is_some() {
        put(table, "hold", one.hold.into());
    }
}
