//! The default microphone: the one file that knows cpal.

use super::{AudioError, Source, Warning};
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{Device, FromSample, SampleFormat, SizedSample, Stream, StreamConfig};
use earnest::eval::decode::{Mixer, RATE_HZ, To16k};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Buffers that may wait for the chain, several seconds of them.
const WAITING: usize = 256;

/// What the audio thread says.
type Heard = Result<Vec<f32>, String>;

struct Mic {
    heard: Receiver<Heard>,
    channels: usize,
    mixer: Mixer,
    mono: Vec<f32>,
    to_16k: To16k,
    block: Vec<i16>,
    lost: Arc<AtomicU64>,
    /// Stops when dropped.
    _stream: Stream,
}

/// The default input device, in whatever format it has.
pub(crate) fn open() -> Result<Box<dyn Source>, AudioError> {
    let device = cpal::default_host().default_input_device().ok_or_else(|| AudioError::Device {
        device: "microphone".into(),
        problem: "expected an input device, found none".into(),
    })?;
    let supported = device.default_input_config().map_err(failed)?;
    let format = supported.sample_format();
    let config: StreamConfig = supported.into();
    let rate_hz = config.sample_rate;
    if !RATE_HZ.contains(&rate_hz) {
        return Err(AudioError::Rate { file: "microphone".into(), actual: rate_hz });
    }
    let channels = usize::from(config.channels).max(1);
    let (say, heard) = sync_channel(WAITING);
    let lost = Arc::new(AtomicU64::new(0));
    let link = Link { say, lost: lost.clone() };
    let stream = match format {
        SampleFormat::I8 => link.stream::<i8>(&device, config),
        SampleFormat::U8 => link.stream::<u8>(&device, config),
        SampleFormat::I16 => link.stream::<i16>(&device, config),
        SampleFormat::U16 => link.stream::<u16>(&device, config),
        SampleFormat::I32 => link.stream::<i32>(&device, config),
        SampleFormat::F32 => link.stream::<f32>(&device, config),
        SampleFormat::F64 => link.stream::<f64>(&device, config),
        other => {
            let problem = format!("expected 8, 16, 32 or 64 bit samples, found {other}");
            return Err(AudioError::Device { device: "microphone".into(), problem });
        }
    }?;
    stream.play().map_err(failed)?;
    Ok(Box::new(Mic {
        heard,
        channels,
        mixer: Mixer::default(),
        mono: Vec::new(),
        to_16k: To16k::new(rate_hz),
        block: Vec::new(),
        lost,
        _stream: stream,
    }))
}

fn failed(error: cpal::Error) -> AudioError {
    AudioError::Device { device: "microphone".into(), problem: error.to_string() }
}

/// From the audio thread to the chain. The audio thread never waits: what finds no room is lost, and counted.
struct Link {
    say: SyncSender<Heard>,
    lost: Arc<AtomicU64>,
}

impl Link {
    fn stream<T>(self, device: &Device, config: StreamConfig) -> Result<Stream, AudioError>
    where
        T: SizedSample,
        f32: FromSample<T>,
    {
        let Link { say, lost } = self;
        let channels = u64::from(config.channels.max(1));
        let trouble = say.clone();
        device
            .build_input_stream(
                config,
                move |samples: &[T], _: &cpal::InputCallbackInfo| {
                    let samples: Vec<f32> = samples.iter().map(|&sample| f32::from_sample_(sample)).collect();
                    let frames = samples.len() as u64 / channels;
                    if say.try_send(Ok(samples)).is_err() {
                        lost.fetch_add(frames, Ordering::Relaxed);
                    }
                },
                move |error: cpal::Error| match error.kind() {
                    // These the stream survives.
                    cpal::ErrorKind::DeviceChanged
                    | cpal::ErrorKind::Xrun
                    | cpal::ErrorKind::RealtimeDenied => {}
                    _ => drop(trouble.try_send(Err(error.to_string()))),
                },
                None,
            )
            .map_err(failed)
    }
}

impl Source for Mic {
    fn next_block(&mut self) -> Result<Option<&[i16]>, AudioError> {
        self.block.clear();
        while self.block.is_empty() {
            match self.heard.recv() {
                Ok(Ok(samples)) => {
                    self.mono.clear();
                    self.mixer.mix(&samples, self.channels, &mut self.mono);
                    self.to_16k.push(&self.mono, &mut self.block);
                }
                Ok(Err(problem)) => return Err(AudioError::Device { device: "microphone".into(), problem }),
                Err(_) => return Ok(None),
            }
        }
        Ok(Some(&self.block))
    }

    fn total_seconds(&self) -> Option<f64> {
        None
    }

    fn warnings(&self) -> Vec<Warning> {
        match self.lost.load(Ordering::Relaxed) {
            0 => Vec::new(),
            samples => vec![Warning::Lost { samples }],
        }
    }
}
