//! Files to samples: the one file that knows symphonia.

use super::mix::Mixer;
use super::opus::{OPUS_RATE_HZ, Opus};
use super::resample::To16k;
use super::{AudioError, RATE_HZ, Source, Warning};
use std::format;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::prelude::rust_2024::*;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known::{FORMAT_ID_FLAC, FORMAT_ID_WAVE};
use symphonia::core::formats::{FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};

/// What turns packets into samples.
enum Decoder {
    Symphonia(Box<dyn AudioDecoder>),
    Opus(Box<Opus>),
}

/// A file that is being decoded.
pub(super) struct Decoded {
    file: String,
    format: Box<dyn FormatReader>,
    decoder: Decoder,
    track: u32,
    /// From the first packet on: a header may be silent about it.
    rate_hz: Option<u32>,
    to_16k: Option<To16k>,
    mixer: Mixer,
    interleaved: Vec<f32>,
    mono: Vec<f32>,
    block: Vec<i16>,
    /// Frames so far.
    frames: u64,
    /// Frames of the last packet that was whole.
    usual: usize,
    /// Frames as the header has them.
    expected: Option<u64>,
    /// Whether the header counted them rather than guessed from the length of the file.
    counted: bool,
    damaged: u64,
    ended: bool,
}

impl Decoded {
    pub(super) fn new(
        file: &str,
        mut source: Box<dyn MediaSource>,
        extension: Option<&str>,
    ) -> Result<Self, AudioError> {
        let name = || file.to_string();
        let seekable = source.is_seekable();
        let mut start = [0; 16];
        let mut sniffed = 0;
        if seekable {
            let failed = |source| AudioError::Read { file: name(), seconds: 0.0, source };
            while sniffed < start.len() {
                match source.read(&mut start[sniffed..]).map_err(failed)? {
                    0 => break,
                    n => sniffed += n,
                }
            }
            source.seek(SeekFrom::Start(0)).map_err(failed)?;
        }
        let start = &start[..sniffed];
        let stream = MediaSourceStream::new(source, Default::default());
        let mut hint = Hint::new();
        if let Some(extension) = extension {
            hint.with_extension(extension);
        }
        let format = symphonia::default::get_probe()
            .probe(&hint, stream, Default::default(), Default::default())
            .map_err(|error| match error {
                Error::IoError(source) if source.kind() != ErrorKind::UnexpectedEof => {
                    AudioError::Read { file: name(), seconds: 0.0, source }
                }
                _ if looks_like_audio(start) => AudioError::Header {
                    file: name(),
                    problem: match error {
                        Error::IoError(_) => "the file ends inside it".into(),
                        other => other.to_string(),
                    },
                },
                _ => AudioError::NotAudio { file: name(), found: describe(start, seekable) },
            })?;
        let mut decoded = Decoded {
            file: name(),
            counted: matches!(format.format_info().format, FORMAT_ID_WAVE | FORMAT_ID_FLAC),
            decoder: decoder(file, &*format)?.1,
            track: 0,
            format,
            rate_hz: None,
            to_16k: None,
            mixer: Mixer::default(),
            interleaved: Vec::new(),
            mono: Vec::new(),
            block: Vec::new(),
            frames: 0,
            usual: 0,
            expected: None,
            damaged: 0,
            ended: false,
        };
        decoded.choose_track()?;
        Ok(decoded)
    }

    /// The track to decode, at the start and where an Ogg stream begins anew.
    fn choose_track(&mut self) -> Result<(), AudioError> {
        let (track, decoder) = decoder(&self.file, &*self.format)?;
        self.decoder = decoder;
        self.track = track;
        let track = self.format.tracks().iter().find(|known| known.id == track);
        self.expected = track.and_then(|track| track.num_frames).filter(|_| self.frames == 0);
        let params = track.and_then(|track| track.codec_params.as_ref()?.audio());
        if self.rate_hz.is_none() {
            self.rate_hz = params.and_then(|params| params.sample_rate);
        }
        if let Some(actual) = self.rate_hz.filter(|rate| !RATE_HZ.contains(rate)) {
            return Err(AudioError::Rate { file: self.file.clone(), actual });
        }
        Ok(())
    }

    fn seconds(&self) -> f64 {
        self.rate_hz.map_or(0.0, |rate| self.frames as f64 / f64::from(rate))
    }

    /// Decodes one packet to `mono`; `false` at the end.
    fn decode(&mut self) -> Result<bool, AudioError> {
        self.mono.clear();
        let packet = match self.format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => return Ok(false),
            Err(Error::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => return Ok(false),
            Err(Error::IoError(source)) => {
                return Err(AudioError::Read { file: self.file.clone(), seconds: self.seconds(), source });
            }
            Err(Error::ResetRequired) => {
                self.choose_track()?;
                return Ok(true);
            }
            Err(_) => {
                self.damaged += 1;
                return Ok(false);
            }
        };
        if packet.track_id != self.track {
            return Ok(true);
        }
        let decoded = match &mut self.decoder {
            Decoder::Symphonia(decoder) => decoder.decode(&packet).map(|buffer| {
                buffer.copy_to_vec_interleaved(&mut self.interleaved);
                (buffer.spec().rate(), buffer.spec().channels().count())
            }),
            Decoder::Opus(decoder) => match decoder.decode(&packet) {
                Some(samples) => {
                    self.interleaved.clear();
                    self.interleaved.extend_from_slice(samples);
                    Ok((OPUS_RATE_HZ, decoder.channels))
                }
                None => Err(Error::DecodeError("Opus")),
            },
        };
        match decoded {
            Ok((rate, channels)) => {
                let expected = *self.rate_hz.get_or_insert(rate);
                if rate != expected {
                    let (file, seconds) = (self.file.clone(), self.seconds());
                    return Err(AudioError::RateChange { file, expected, actual: rate, seconds });
                }
                if !RATE_HZ.contains(&rate) {
                    return Err(AudioError::Rate { file: self.file.clone(), actual: rate });
                }
                self.mixer.mix(&self.interleaved, channels.max(1), &mut self.mono);
                self.usual = self.mono.len();
            }
            // Silence in its place, so that what follows keeps its time.
            Err(Error::DecodeError(_)) => {
                self.damaged += 1;
                // A damaged header may say that there is nothing in it.
                let frames = usize::try_from(packet.dur.get()).map_or(0, |n| n.min(1 << 16));
                self.mono.resize(if frames == 0 { self.usual } else { frames }, 0.0);
            }
            Err(Error::IoError(_)) => return Ok(false),
            Err(error) => {
                return Err(AudioError::Codec { file: self.file.clone(), found: error.to_string() });
            }
        }
        Ok(true)
    }
}

impl Source for Decoded {
    fn next_block(&mut self) -> Result<Option<&[i16]>, AudioError> {
        self.block.clear();
        while self.block.is_empty() && !self.ended {
            self.ended = !self.decode()?;
            self.frames += self.mono.len() as u64;
            if let (None, Some(rate), false) = (&self.to_16k, self.rate_hz, self.mono.is_empty()) {
                self.to_16k = Some(To16k::new(rate));
            }
            if let Some(to_16k) = &mut self.to_16k {
                to_16k.push(&self.mono, &mut self.block);
                if self.ended {
                    to_16k.finish(&mut self.block);
                }
            }
        }
        if self.ended && self.frames == 0 {
            return Err(AudioError::NoSamples { file: self.file.clone() });
        }
        Ok(Some(&self.block[..]).filter(|block| !block.is_empty()))
    }

    fn total_seconds(&self) -> Option<f64> {
        Some(self.expected? as f64 / f64::from(self.rate_hz?))
    }

    fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if let (true, true, Some(expected), Some(rate)) =
            (self.ended, self.counted, self.expected, self.rate_hz)
            && (1..expected).contains(&self.frames)
        {
            let expected_s = expected as f64 / f64::from(rate);
            warnings.push(Warning::Truncated { expected_s, actual_s: self.seconds() });
        }
        if self.damaged > 0 {
            warnings.push(Warning::Damaged { packets: self.damaged });
        }
        let Mixer { not_numbers, beyond, total } = self.mixer;
        if not_numbers > 0 {
            warnings.push(Warning::NotNumbers { samples: not_numbers, total });
        }
        // Lossy codecs overshoot where the recording was loud; in float samples it is a mistake of somebody's, or of
        // the scale.
        if self.counted && beyond > 0 {
            warnings.push(Warning::BeyondFullScale { samples: beyond, total });
        }
        warnings
    }
}

fn decoder(file: &str, format: &dyn FormatReader) -> Result<(u32, Decoder), AudioError> {
    let codec = |found: String| AudioError::Codec { file: file.to_string(), found };
    let track = format
        .default_track(TrackType::Audio)
        .or_else(|| format.first_track(TrackType::Audio))
        .ok_or_else(|| codec(format!("a {} file without any", format.format_info().long_name)))?;
    let params = track
        .codec_params
        .as_ref()
        .and_then(|params| params.audio())
        .ok_or_else(|| codec("an unknown codec".into()))?;
    if params.codec == CODEC_ID_OPUS {
        let opus = Opus::new(params).ok_or_else(|| codec("Opus with a damaged header".into()))?;
        return Ok((track.id, Decoder::Opus(Box::new(opus))));
    }
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(params, &AudioDecoderOptions::default())
        .map_err(|_| codec(format!("codec {} in {}", params.codec, format.format_info().long_name)))?;
    Ok((track.id, Decoder::Symphonia(decoder)))
}

/// Whether a file begins like one of the formats that are read.
fn looks_like_audio(start: &[u8]) -> bool {
    [&b"RIFF"[..], b"fLaC", b"OggS", b"ID3"].iter().any(|magic| start.starts_with(magic))
}

/// What a file is that is no audio, as far as its first bytes tell.
fn describe(start: &[u8], known: bool) -> String {
    let is = |magic: &[u8]| start.starts_with(magic);
    let at_4 = start.get(4..8).unwrap_or_default();
    if !known {
        return "something else on the pipe".into();
    }
    if at_4 == b"ftyp" {
        return "MP4 (AAC), which is not supported".into();
    }
    if is(b"\x1A\x45\xDF\xA3") {
        return "Matroska or WebM, which is not supported".into();
    }
    if is(b"FORM") {
        return "AIFF, which is not supported".into();
    }
    if is(b"PK\x03\x04") || is(b"\x1F\x8B") {
        return "a compressed archive".into();
    }
    let text: String = String::from_utf8_lossy(start).into();
    if !text.is_empty() && text.chars().all(|c| !c.is_control() || c.is_whitespace()) {
        let text: String = text.chars().filter(|c| *c != char::REPLACEMENT_CHARACTER).collect();
        return format!("text ({:?} …)", text.trim_end());
    }
    let hex: Vec<String> = start.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("an unknown format (first bytes {})", hex.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{self, Cursor};

    /// One second.
    fn wav() -> Vec<u8> {
        super::super::wav::wav((0..16_000i32).map(|n| (n * 7) as i16))
    }

    /// A file on a disk that is pulled out after `good` bytes.
    struct Vanishing {
        inner: Cursor<Vec<u8>>,
        good: u64,
    }

    impl Read for Vanishing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.inner.position() >= self.good {
                return Err(io::Error::other("device gone"));
            }
            let n = buffer.len().min((self.good - self.inner.position()) as usize);
            self.inner.read(&mut buffer[..n])
        }
    }

    impl Seek for Vanishing {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.inner.seek(to)
        }
    }

    impl MediaSource for Vanishing {
        fn is_seekable(&self) -> bool {
            true
        }
        fn byte_len(&self) -> Option<u64> {
            None
        }
    }

    fn drain(source: &mut Decoded) -> Result<u64, AudioError> {
        let mut samples = 0;
        while let Some(block) = source.next_block()? {
            samples += block.len() as u64;
        }
        Ok(samples)
    }

    #[test]
    fn a_disk_that_fails_while_reading_is_an_error_with_the_time() {
        let inner = Cursor::new(wav());
        let mut source = Decoded::new("x.wav", Box::new(Vanishing { inner, good: 20_000 }), None).unwrap();
        match drain(&mut source) {
            Err(AudioError::Read { seconds, .. }) => assert!(seconds > 0.1 && seconds < 0.7, "{seconds}"),
            other => core::panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_cut_while_it_is_read_gives_what_was_there() {
        let path = std::env::temp_dir().join(format!("earnest-cut-{}.wav", std::process::id()));
        let mut long = wav();
        let tenfold = (320_000u32 + 36).to_le_bytes();
        long[4..8].copy_from_slice(&tenfold);
        long[40..44].copy_from_slice(&320_000u32.to_le_bytes());
        let second = long[44..].to_vec();
        for _ in 1..10 {
            long.extend(&second);
        }
        std::fs::write(&path, &long).unwrap();
        let mut source = super::super::open(path.to_str().unwrap()).unwrap();
        let first = source.next_block().unwrap().unwrap().len();
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(200_044).unwrap();
        let mut samples = first;
        while let Some(block) = source.next_block().unwrap() {
            samples += block.len();
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(samples, 100_000);
        assert_eq!(source.warnings(), [Warning::Truncated { expected_s: 10.0, actual_s: 6.25 }]);
    }

    #[test]
    fn cut_anywhere_it_never_panics() {
        let whole = wav();
        for len in (0..64).chain([1_000, 1_001, 31_999]) {
            let result = Decoded::new("x.wav", Box::new(Cursor::new(whole[..len].to_vec())), Some("wav"))
                .and_then(|mut source| drain(&mut source).map(|samples| (samples, source.warnings())));
            match result {
                Ok((samples, warnings)) => {
                    assert_eq!(samples, (len as u64 - 44) / 2);
                    assert!(matches!(warnings[..], [Warning::Truncated { .. }]), "{len}: {warnings:?}");
                }
                Err(error) => assert!(len < 46, "{len}: {error}"),
            }
        }
    }
}
