#!/usr/bin/env python3
"""Makes clip.ogg, clip.mp3 and clip.opus from ../../../examples/kitchen/enroll/1.flac. Needs soundfile (libsndfile 1.2)."""
from pathlib import Path

import soundfile

here = Path(__file__).parent
sound, rate = soundfile.read(here / "../../../examples/kitchen/enroll/1.flac")
soundfile.write(here / "clip.ogg", sound, rate, format="OGG", subtype="VORBIS")
soundfile.write(here / "clip.mp3", sound, rate, format="MP3", subtype="MPEG_LAYER_III")
soundfile.write(here / "clip.opus", sound, rate, format="OGG", subtype="OPUS")
print(len(sound), "samples at", rate, "Hz")
