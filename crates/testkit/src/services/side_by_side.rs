//! The same work in several regions at once.

use std::collections::BTreeMap;
use std::thread;

/// Does `work` for each region in a thread of its own, `meanwhile` beside them, and gives the
/// answers by region when all are done: of several errors the first in the order of names, and
/// that of `meanwhile` before them.
pub(crate) fn in_regions<T: Send, E: Send>(
    regions: impl IntoIterator<Item = String>,
    work: impl Fn(&str) -> Result<T, E> + Sync,
    meanwhile: impl FnOnce() -> Result<(), E>,
) -> Result<BTreeMap<String, T>, E> {
    let work = &work;
    let (beside, answers) = thread::scope(|scope| {
        let start = |region: String| {
            scope.spawn(move || {
                let answer = work(&region);
                (region, answer)
            })
        };
        let threads: Vec<_> = regions.into_iter().map(start).collect();
        let beside = meanwhile();
        let joined = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        (beside, joined.collect::<BTreeMap<_, _>>())
    });
    beside?;
    answers.into_iter().map(|(region, answer)| Ok((region, answer?))).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn all_are_at_work_at_once_and_every_one_is_waited_for() {
        let regions = || ["seoul", "london"].map(str::to_owned);
        let all = Barrier::new(3);
        let lengths = in_regions(
            regions(),
            |region| {
                all.wait();
                Ok::<_, String>(region.len())
            },
            || {
                all.wait();
                Ok(())
            },
        );
        let wanted = [("london".to_owned(), 6), ("seoul".to_owned(), 5)].into();
        assert_eq!(lengths, Ok(wanted));
        let failed = in_regions(regions(), |region| Err::<(), _>(region.to_owned()), || Ok(()));
        assert_eq!(failed, Err("london".to_owned()));
    }
}
