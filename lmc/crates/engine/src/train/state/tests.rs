use std::path::Path;

use super::*;
use crate::train::{Snapshot, Training, TrainingSet};
use lmc_base::step::Step;
use lmc_data::spec::Recipe;
use lmc_model::encode::Encoded;
use lmc_model::model::Classifier;
use lmc_model::model::fixture::{classifier, examples, stack};

const SEEDS: [u64; 2] = [1, 2];

fn recipe(dropout: f64) -> Recipe {
    Recipe { length: Step::Iterations(9), batch_size: 5, learning_rate: 1e-3, dropout, ..Recipe::mini() }
}

/// A checkpoint: its number, the bits of its weights and mean losses, and the logs since the one before.
type Kept = (u32, Vec<u8>, Vec<u64>, Vec<UpdateLog>);

/// The result of a part of a training: the bits of all checkpoints, the logs between them, and the bytes of
/// the state where it was stopped.
#[derive(Default, PartialEq, Debug)]
struct Part {
    checkpoints: Vec<Kept>,
    state: Option<Vec<u8>>,
}

/// Trains from that state up to update `stop`, as an interrupt would end it, or to the end.
fn part(
    classifier: &Classifier,
    examples: &[Encoded],
    recipe: &Recipe,
    from: Option<TrainingState>,
    stop: u32,
) -> Part {
    let mut training =
        Training::new(classifier, stack(classifier, &SEEDS), &SEEDS, TrainingSet::Examples(examples), recipe)
            .unwrap();
    let mut made = from.as_ref().map_or(0, TrainingState::step);
    if let Some(state) = from {
        training = training.resumed(state);
    }
    let mut part = Part::default();
    let keep = |snapshot: Snapshot<'_>| {
        let losses = snapshot.train_loss.iter().map(|loss| loss.to_bits()).collect();
        let bytes = bytes_of(snapshot.theta)?;
        part.checkpoints.push((snapshot.step, bytes, losses, snapshot.logs.to_vec()));
        Ok(())
    };
    let tick = |_| {
        made += 1;
        if made == stop { Err(LmcError::Interrupted { finished: String::new() }) } else { Ok(()) }
    };
    match training.run(keep, tick) {
        Ok(()) => {}
        Err(LmcError::Interrupted { .. }) => {
            part.state = Some(training.state().unwrap().to_parts().unwrap().concat())
        }
        Err(other) => panic!("{other}"),
    }
    part
}

fn read(bytes: &[u8]) -> Result<TrainingState> {
    let n = classifier().layout().n_parameters();
    TrainingState::from_bytes(bytes, Path::new("runs/s1/state"), &SEEDS, n)
}

#[test]
fn stopped_anywhere_and_taken_up_again_it_comes_to_the_same_bits() {
    // Epochs of 13 examples in batches of 5: stops fall within epochs, at their ends, before and at
    // checkpoints.
    let (classifier, examples) = (classifier(), examples(13, 1));
    for dropout in [0.0, 0.2] {
        let recipe = recipe(dropout);
        let straight = part(&classifier, &examples, &recipe, None, 0).checkpoints;
        assert_eq!(straight.iter().map(|(step, ..)| *step).collect::<Vec<_>>(), [3, 6, 9]);
        for stops in [&[1][..], &[2, 3], &[3, 4, 5, 8], &[6]] {
            let (mut state, mut checkpoints) = (None, Vec::new());
            for &stop in stops.iter().chain([&0]) {
                let from = state.take().map(|bytes: Vec<u8>| read(&bytes).unwrap());
                let part = part(&classifier, &examples, &recipe, from, stop);
                checkpoints.extend(part.checkpoints);
                state = part.state;
                assert_eq!(state.is_some(), stop > 0);
            }
            assert!(checkpoints == straight, "dropout {dropout}, stopped at {stops:?}");
        }
    }
}

#[test]
fn the_masks_of_dropout_go_on_where_they_were() {
    let (classifier, examples, recipe) = (classifier(), examples(13, 1), recipe(0.2));
    let bytes = part(&classifier, &examples, &recipe, None, 4).state.unwrap();
    let mut forgetful = read(&bytes).unwrap();
    forgetful.numbers.dropout = None;
    let from = |state| part(&classifier, &examples, &recipe, Some(state), 0);
    assert_ne!(from(read(&bytes).unwrap()), from(forgetful));
}

#[test]
fn the_state_of_another_stack_is_refused() {
    let (classifier, examples, recipe) = (classifier(), examples(13, 1), recipe(0.2));
    let bytes = part(&classifier, &examples, &recipe, None, 4).state.unwrap();
    assert_eq!(read(&bytes).unwrap().step(), 4);
    let n = classifier.layout().n_parameters();
    let path = Path::new("runs/s1/state");
    for (seeds, n, problem) in [
        (&[1, 3][..], n, "it is of seeds [1, 2], expected [1, 3]"),
        (&[1], n, "it is of seeds [1, 2]"),
        (&SEEDS, n + 1, "expected 3 of shape [2, "),
    ] {
        let error = TrainingState::from_bytes(&bytes, path, seeds, n).unwrap_err();
        assert!(matches!(&error, LmcError::Format { path: p, .. } if p == path), "{error}");
        let message = error.to_string();
        assert!(message.contains(problem) && message.contains("delete the file"), "{message}");
    }
    let cut = &bytes[..bytes.len() - 1];
    let newer = [b"lmc-training-state-2 ", &bytes["lmc-training-state-1 ".len()..]].concat();
    for (bytes, problem) in [
        (&b"another file"[..], "does not begin with `lmc-training-state-1`"),
        (&newer, "does not begin with `lmc-training-state-1`"),
        (&bytes[..40], "EOF"),
        (cut, "expected 3 of shape"),
    ] {
        let message = read(bytes).unwrap_err().to_string();
        assert!(message.contains(problem), "{message}");
    }
}
