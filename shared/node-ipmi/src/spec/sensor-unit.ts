/** Base units by number, with their symbols where the field uses one. §43.17, table 43-15. */
const units = [
  ...['', 'C', 'F', 'K', 'V', 'A', 'W', 'J', 'coulombs', 'VA', 'nits', 'lm', 'lx', 'cd', 'kPa', 'psi', 'N', 'CFM'],
  ...['RPM', 'Hz', 'µs', 'ms', 's', 'min', 'h', 'd', 'weeks', 'mil', 'in', 'ft', 'in³', 'ft³', 'mm', 'cm', 'm', 'cm³'],
  ...['m³', 'L', 'fl oz', 'rad', 'sr', 'revolutions', 'cycles', 'g', 'oz', 'lb', 'ft lb', 'oz in', 'gauss', 'gilberts'],
  ...['H', 'mH', 'farads', 'µF', 'Ω', 'S', 'mol', 'Bq', 'ppm', '', 'dB', 'dBA', 'dBC', 'Gy', 'Sv', 'K (colour)', 'bit'],
  ...['kbit', 'Mbit', 'Gbit', 'B', 'kB', 'MB', 'GB', 'words', 'dwords', 'qwords', 'lines', 'hits', 'misses', 'retries'],
  ...['resets', 'overruns', 'underruns', 'collisions', 'packets', 'messages', 'characters', 'errors'],
  ...['correctable errors', 'uncorrectable errors', 'fatal errors', 'grams'],
] as const

/** Numbers of the units that most sensors have. */
export const SensorUnit = { celsius: 1, volts: 4, watts: 6, rpm: 18 } as const

/** Rates, by number. §43.1, byte 21. */
const rates = ['', '/µs', '/ms', '/s', '/min', '/h', '/d', ''] as const

/** What a value is counted in, such as `C`, `RPM`, `%`; null where the sensor has no unit. */
export function sensorUnit(baseUnit: number, rateUnit: number, percentage: boolean): string | null {
  if (percentage) return '%'
  const unit = units[baseUnit] ?? `unit ${baseUnit}`
  return unit === '' ? null : `${unit}${rates[rateUnit] ?? ''}`
}
