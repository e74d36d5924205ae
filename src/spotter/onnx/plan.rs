//! A model that is ready to run with one input of a fixed shape and one output. The only file of the engine that knows
//! tract's interface, which upstream calls unstable.

use super::OnnxError;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use tract_onnx::prelude::*;
use tract_onnx::tract_hir::infer::Factoid;

/// A part of a model: from after one node to after another.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Part {
    /// The node whose output comes in; `None`: the model's own input.
    pub(super) after: Option<String>,
    /// The node whose output goes out; `None`: the model's own first output.
    pub(super) upto: Option<String>,
}

/// A runnable model.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    name: &'static str,
    model: Arc<TypedRunnableModel>,
    pub(super) input: Vec<usize>,
    pub(super) output: Vec<usize>,
}

/// What a file says before it is made ready.
#[derive(Debug)]
pub(super) struct Declared {
    /// Shape of the first input; 0 for what is left open.
    pub(super) input: Vec<usize>,
    /// Name and operator of the nodes, in the order in which they run.
    pub(super) nodes: Vec<(String, String)>,
}

impl Plan {
    /// Makes `part` of the model in `bytes` ready for an input of shape `input`. `name` is for errors.
    pub(super) fn new(
        name: &'static str,
        bytes: &[u8],
        part: &Part,
        input: &[usize],
    ) -> Result<Plan, OnnxError> {
        let failed = |error: TractError| OnnxError::Model { name, problem: format!("{error:#}") };
        let make = || -> TractResult<(Arc<TypedRunnableModel>, Vec<usize>)> {
            let mut model = tract_onnx::onnx().model_for_read(&mut &bytes[..])?;
            if let Some(upto) = &part.upto {
                model = model.with_outputs_by_name([upto])?;
            } else if let Some(first) = model.output_outlets()?.first().copied() {
                model = model.with_output_outlets(&[first])?;
            }
            if let Some(after) = &part.after {
                model = model.with_inputs_by_name([after])?;
                model.compact()?;
            }
            let model = model.with_input_fact(0, f32::fact(input).into())?;
            let model = model.into_optimized()?;
            let output = model.output_fact(0)?.shape.as_concrete().map(<[usize]>::to_vec);
            let output = output.ok_or_else(|| TractError::msg("the size of its output is not known"))?;
            Ok((model.into_runnable()?, output))
        };
        let (model, output) = guarded(name, || make().map_err(failed))?;
        let plan = Plan { name, model, input: input.to_vec(), output };
        // What can't run shall be known now.
        guarded(name, || plan.run(&vec![0.0; input.iter().product()]))?;
        Ok(plan)
    }

    /// Runs it on `values`, as many as its input has.
    pub(super) fn run(&self, values: &[f32]) -> Result<Vec<f32>, OnnxError> {
        let run = || -> TractResult<Vec<f32>> {
            let result = self.model.run(tvec!(Tensor::from_shape(&self.input, values)?.into()))?;
            let result = result.first().ok_or_else(|| TractError::msg("no output"))?;
            Ok(result.to_plain_array_view::<f32>()?.iter().copied().collect())
        };
        run().map_err(|error| OnnxError::Model { name: self.name, problem: format!("{error:#}") })
    }
}

/// tract has been seen to panic over shapes that don't fit.
fn guarded<T>(name: &'static str, work: impl FnOnce() -> Result<T, OnnxError>) -> Result<T, OnnxError> {
    let panicked = || OnnxError::Model { name, problem: "tract panicked".into() };
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).map_err(|_| panicked())?
}

impl Declared {
    /// Reads the file `bytes`.
    pub(super) fn read(name: &'static str, bytes: &[u8]) -> Result<Declared, OnnxError> {
        let failed = |error: TractError| OnnxError::Model { name, problem: format!("{error:#}") };
        let model = tract_onnx::onnx().model_for_read(&mut &bytes[..]).map_err(failed)?;
        let read = || -> TractResult<Declared> {
            let fact = model.input_fact(0)?;
            let size = |dim: &TDim| dim.to_i64().ok().and_then(|dim| usize::try_from(dim).ok()).unwrap_or(0);
            let input = fact.shape.dims().map(|dim| dim.concretize().map_or(0, |dim| size(&dim))).collect();
            let order = model.eval_order()?;
            let node = |id: usize| (model.node(id).name.clone(), model.node(id).op.name().into_owned());
            Ok(Declared { input, nodes: order.into_iter().map(node).collect() })
        };
        read().map_err(failed)
    }
}
