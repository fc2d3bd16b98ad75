use ndarray::{Array2, s};
use rand::Rng;
use rand::seq::SliceRandom;

use super::assignment::assignment;
use super::spec::Symmetry;
use lmc_base::error::Result;

/// The places of model B's units in the order of model A's, for one [`Symmetry`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permutation {
    /// The block of B for each block of A.
    pub blocks: Vec<usize>,
    /// For each set and each block of A: the unit in B's block for each unit of A's.
    pub units: Vec<Vec<Vec<usize>>>,
}

impl Permutation {
    /// Returns the permutation that leaves everything where it is.
    pub fn identity(symmetry: &Symmetry) -> Self {
        let within: Vec<usize> = (0..symmetry.width).collect();
        Self {
            blocks: (0..symmetry.n_blocks).collect(),
            units: vec![vec![within; symmetry.n_blocks]; symmetry.sets.len()],
        }
    }

    /// Returns a random permutation of blocks, and of units within each.
    pub(super) fn random(symmetry: &Symmetry, rng: &mut impl Rng) -> Self {
        let mut permutation = Self::identity(symmetry);
        if symmetry.blocks_move {
            permutation.blocks.shuffle(rng);
        }
        permutation.units.iter_mut().skip(symmetry.n_fixed).flatten().for_each(|units| units.shuffle(rng));
        permutation
    }

    /// Returns the permutation of the greatest similarity; `similarities` has for each set that of every unit
    /// of A (row) and every unit of B (column), `[n_blocks * width, n_blocks * width]`.
    ///
    /// Exact: the value of two blocks is that of the best matching of their units, so that the best
    /// assignment of blocks is the best of all.
    ///
    /// # Errors
    /// The errors of [`assignment`].
    pub(super) fn best(symmetry: &Symmetry, similarities: &[Array2<f64>]) -> Result<Self> {
        let (n, width) = (symmetry.n_blocks, symmetry.width);
        let mut values = Array2::zeros((n, n));
        let mut within = vec![vec![Vec::new(); n]; n];
        for (i, row) in within.iter_mut().enumerate() {
            for (j, matchings) in row.iter_mut().enumerate() {
                for (set, similarity) in similarities.iter().enumerate() {
                    let pair = similarity.slice(s![i * width..(i + 1) * width, j * width..(j + 1) * width]);
                    let matching = match set < symmetry.n_fixed {
                        true => (0..width).collect(),
                        false => assignment(&pair)?,
                    };
                    values[[i, j]] += matching.iter().enumerate().map(|(a, &b)| pair[[a, b]]).sum::<f64>();
                    matchings.push(matching);
                }
            }
        }
        let blocks = if symmetry.blocks_move { assignment(&values.view())? } else { (0..n).collect() };
        let of_set =
            |set: usize| blocks.iter().enumerate().map(|(i, &j)| within[i][j][set].clone()).collect();
        let units = (0..similarities.len()).map(of_set).collect();
        Ok(Self { blocks, units })
    }

    /// Returns the unit of B for each unit of A in that set, both counted through all blocks.
    pub fn index(&self, set: usize) -> Vec<usize> {
        let of_block = |(&block, units): (&usize, &Vec<usize>)| {
            let width = units.len();
            units.iter().map(move |unit| block * width + unit).collect::<Vec<_>>()
        };
        self.blocks.iter().zip(&self.units[set]).flat_map(of_block).collect()
    }

    /// Returns the permutation that does this one first and then another.
    pub(super) fn then(&self, next: &Self) -> Self {
        let blocks = next.blocks.iter().map(|&block| self.blocks[block]).collect();
        let of_set = |(own, next_units): (&Vec<Vec<usize>>, &Vec<Vec<usize>>)| {
            let of_block = |(&block, units): (&usize, &Vec<usize>)| {
                units.iter().map(|&unit| own[block][unit]).collect::<Vec<_>>()
            };
            next.blocks.iter().zip(next_units).map(of_block).collect()
        };
        Self { blocks, units: self.units.iter().zip(&next.units).map(of_set).collect() }
    }

    /// Returns the similarity of A's units with those of B that stand in their places.
    pub(super) fn similarity(&self, similarities: &[Array2<f64>]) -> f64 {
        self.terms(similarities).sum()
    }

    /// Returns the similarity of each unit with the one in its place.
    pub(super) fn terms<'a>(&self, similarities: &'a [Array2<f64>]) -> impl Iterator<Item = f64> + use<'a> {
        let places = (0..similarities.len()).map(|set| self.index(set)).collect::<Vec<_>>();
        similarities.iter().zip(places).flat_map(|(similarity, index)| {
            index.into_iter().enumerate().map(move |(a, b)| similarity[[a, b]])
        })
    }

    /// Returns the number of blocks that move.
    pub fn moved_blocks(&self) -> usize {
        self.blocks.iter().enumerate().filter(|&(i, &j)| i != j).count()
    }

    /// Returns the number of units, of all sets, that move within their block.
    pub fn moved_units(&self) -> usize {
        let moved = |units: &Vec<usize>| units.iter().enumerate().filter(|&(i, &j)| i != j).count();
        self.units.iter().flatten().map(moved).sum()
    }
}
