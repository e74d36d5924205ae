//! One table for every number of the policy: its field, its key in TOML, unit, range, default and meaning.

/// A number of the policy, as the configuration file and the documentation know it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Key {
    /// Name of the field and of the key.
    pub name: &'static str,
    /// Unit, or what is counted.
    pub unit: &'static str,
    /// Smallest value that is taken.
    pub min: f64,
    /// Largest value that is taken.
    pub max: f64,
    /// What it is where nothing is said.
    pub default: f64,
    /// What it means.
    pub what: &'static str,
    /// Whole numbers only.
    pub whole: bool,
    /// `true` or `false` in TOML, 1 or 0 here.
    pub switch: bool,
}

/// A type that a setting may have.
pub(super) trait Setting: Copy {
    const WHOLE: bool;
    const SWITCH: bool;
    fn to_f64(self) -> f64;
    /// `value` lies in the range of the key.
    fn from_f64(value: f64) -> Self;
}

impl Setting for f32 {
    const WHOLE: bool = false;
    const SWITCH: bool = false;
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn from_f64(value: f64) -> Self {
        value as f32
    }
}

impl Setting for u32 {
    const WHOLE: bool = true;
    const SWITCH: bool = false;
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn from_f64(value: f64) -> Self {
        value as u32
    }
}

impl Setting for bool {
    const WHOLE: bool = true;
    const SWITCH: bool = true;
    fn to_f64(self) -> f64 {
        f64::from(u8::from(self))
    }
    fn from_f64(value: f64) -> Self {
        value != 0.0
    }
}

/// A plain configuration struct from a table of its numbers; `$section` is the TOML table they stand in.
macro_rules! settings {
    (
        $(#[$doc:meta])*
        $name:ident in $section:literal {
            $( $field:ident : $kind:ident = $default:literal, $min:literal to $max:literal, $unit:literal, $what:literal; )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name {
            $(
                #[doc = concat!($what, " Unit: ", $unit, "; ", stringify!($min), " to ", stringify!($max),
                    "; default ", stringify!($default), ".")]
                pub $field: $kind,
            )*
        }

        impl Default for $name {
            fn default() -> Self {
                $name { $( $field: $default, )* }
            }
        }

        impl $name {
            /// Every number of this struct, in order.
            pub const KEYS: &'static [$crate::guard::Key] = &[
                $( $crate::guard::Key {
                    name: stringify!($field),
                    unit: $unit,
                    min: $min as f64,
                    max: $max as f64,
                    default: $crate::guard::settings::number::$kind($default),
                    what: $what,
                    whole: <$kind as $crate::guard::settings::Setting>::WHOLE,
                    switch: <$kind as $crate::guard::settings::Setting>::SWITCH,
                }, )*
            ];

            /// The value of the key `name`; `None` if there is none of that name.
            pub fn get(&self, name: &str) -> Option<f64> {
                $( if name == stringify!($field) {
                    return Some($crate::guard::settings::Setting::to_f64(self.$field));
                } )*
                None
            }

            /// Sets the key `name`, if there is one; its range is not looked at.
            #[cfg(feature = "std")]
            pub(in crate::guard) fn set(&mut self, name: &str, value: f64) {
                $( if name == stringify!($field) {
                    self.$field = $crate::guard::settings::Setting::from_f64(value);
                } )*
            }

            /// # Errors
            /// [`ConfigError::OutOfRange`](crate::ConfigError::OutOfRange) naming section and field.
            pub(in crate::guard) fn check(&self) -> Result<(), $crate::ConfigError> {
                $(
                    let (min, max) = ($min as f64, $max as f64);
                    // A bound counts as it is in the type of the field: 0.01 is not quite 0.01 in f32.
                    let bound = <$kind as $crate::guard::settings::Setting>::from_f64;
                    if !(bound(min)..=bound(max)).contains(&self.$field) {
                        let field = concat!($section, ".", stringify!($field));
                        let actual = $crate::guard::settings::Setting::to_f64(self.$field);
                        return Err($crate::ConfigError::OutOfRange { field, min, max, actual });
                    }
                )*
                Ok(())
            }
        }
    };
}
pub(super) use settings;

/// Defaults as numbers, where the compiler needs them.
pub(super) mod number {
    pub(in crate::guard) const fn f32(default: f32) -> f64 {
        default as f64
    }
    pub(in crate::guard) const fn u32(default: u32) -> f64 {
        default as f64
    }
    pub(in crate::guard) const fn bool(default: bool) -> f64 {
        default as u8 as f64
    }
}
