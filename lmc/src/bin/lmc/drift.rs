//! `lmc drift`: clusters at every checkpoint of training, and how early the last ones can be told.

use clap::Args;
use lmc::analyses::early::early_table;
use lmc::analyses::trajectories::drift_table;
use lmc::basin::{self, EarlyOptions};
use lmc::study::StudySpec;
use lmc::terminal::tell;
use lmc::{LmcError, Result, figure, table};

use crate::basins::Clustered;
use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::output::{Output, identity, print};

#[derive(Args)]
pub struct Drift {
    #[command(flatten)]
    clustered: Clustered,
    #[command(flatten)]
    output: Output,
}

impl Computing for Drift {
    fn compute(&self) -> &ComputeArgs {
        self.clustered.computed()
    }

    fn spec(&self) -> Result<StudySpec> {
        self.clustered.spec()
    }
}

impl Drift {
    pub fn check(&self) -> Result<()> {
        self.clustered.check("drift").map(|_| ())
    }

    pub fn run(self) -> Result<()> {
        let study = self.clustered.open()?;
        let out = self.output.open("drift")?;
        let (interpolation, clustering) = (&self.clustered.interpolation, &self.clustered.clustering);
        let (swept, (scored, metric)) = (interpolation.set(&study), clustering.score(&study));
        let models = study.models()?;
        let points = models.stages()?;
        if points.len() < 2 {
            let got = format!("{} checkpoint that all models have", points.len());
            let expected = "at least 2: runs with folders checkpoint-*, or a recipe with a trajectory".into();
            return Err(LmcError::InvalidParameter { field: "stages", got, expected });
        }
        let stages = points
            .iter()
            .map(|models| models.stage(swept, scored, interpolation.grid()?, &clustering.options()))
            .collect::<Result<Vec<_>>>()?;
        let clustered: Vec<_> =
            stages.iter().map(|stage| (stage.step.clone(), stage.basins.clone())).collect();
        let scores: Vec<_> = stages.iter().map(|stage| stage.scored.clone()).collect();
        let drift = basin::drift(&clustered, &clustered[clustered.len() - 1].1)?;
        let drift = drift_table(&drift, &scores, metric)?;
        print(&drift)?;
        let mut figures = vec![("drift", figure::drift_quiver(&drift, scored, metric)?)];
        let mut tables = vec![(&table::DRIFT, &drift)];
        // A cluster of one model is too small to be foretold; the drift is known all the same.
        let early = match early_table(&stages, metric, &EarlyOptions::default()) {
            Err(error @ LmcError::InvalidParameter { .. }) => {
                tell(&format!("no early warning: {error}"));
                None
            }
            other => Some(other?),
        };
        if let Some(early) = &early {
            print(early)?;
            tables.push((&table::EARLY, early));
            figures.push(("early", figure::early_curves(early)?));
        }
        out.write(&identity(&models), &tables, &figures)
    }
}
