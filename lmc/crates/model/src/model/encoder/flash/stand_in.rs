//! What the flash kernel promises, computed on the CPU one sequence after the other, so that all around it is
//! tested without a GPU.

use std::cell::Cell;

use tch::{Kind, Tensor};

/// What stands for the kernel in this thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StandIn {
    /// Attention within each sequence.
    Exact,
    /// One operation on the queries, for counts of calls.
    OneCall,
}

thread_local! {
    static USED: Cell<Option<StandIn>> = const { Cell::new(None) };
}

/// Returns the result of work in which the kernel is replaced.
pub(crate) fn with<T>(stand_in: StandIn, work: impl FnOnce() -> T) -> T {
    USED.set(Some(stand_in));
    let result = work();
    USED.set(None);
    result
}

pub(super) fn is_used() -> bool {
    USED.get().is_some()
}

pub(super) fn attention(
    [q, k, v]: [&Tensor; 3],
    [query_starts, key_starts]: [&Tensor; 2],
    [most_queries, most_keys]: [i64; 2],
) -> Tensor {
    if USED.get() == Some(StandIn::OneCall) {
        return q.neg();
    }
    let borders = |starts: &Tensor, rows: &Tensor, most: i64| {
        assert!(starts.kind() == Kind::Int && starts.is_contiguous());
        let starts = Vec::<i32>::try_from(starts).unwrap();
        let borders: Vec<[i64; 2]> =
            starts.windows(2).map(|pair| [i64::from(pair[0]), i64::from(pair[1] - pair[0])]).collect();
        assert_eq!(borders.iter().map(|border| border[1]).sum::<i64>(), rows.size()[0]);
        assert_eq!(borders.iter().map(|border| border[1]).max(), Some(most));
        borders
    };
    for part in [q, k, v] {
        assert_eq!((part.dim(), part.stride()[2]), (3, 1));
    }
    let queries = borders(query_starts, q, most_queries);
    let keys = borders(key_starts, k, most_keys);
    assert_eq!(queries.len(), keys.len());
    let sequence = |(query, key): (&[i64; 2], &[i64; 2])| {
        let part =
            |x: &Tensor, [start, length]: [i64; 2]| x.narrow(0, start, length).transpose(0, 1).unsqueeze(0);
        let parts = [part(q, *query), part(k, *key), part(v, *key)];
        let [q, k, v] = &parts;
        let attended = Tensor::scaled_dot_product_attention(q, k, v, None::<Tensor>, 0.0, false, None, false);
        attended.squeeze_dim(0).transpose(0, 1)
    };
    Tensor::cat(&queries.iter().zip(&keys).map(sequence).collect::<Vec<_>>(), 0)
}
