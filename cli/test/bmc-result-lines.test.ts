import { test } from 'tap'
import { resultLines } from '../src/bmc/result-lines.ts'

test('a power result is one line', async (t) => {
  t.strictSame(resultLines({ Power: 'on', Changed: true, Verified: true }), ['on (changed)'])
  t.strictSame(resultLines({ Power: 'on', Changed: true, Verified: false }), ['on (changed) done, not verified'])
  t.strictSame(resultLines({ BootDevice: 'pxe', Persistent: false }), ['BootDevice=pxe Persistent=false'])
})

test('lists are tables under the line, and what a BMC says cannot steer the terminal', async (t) => {
  const sensors = [
    { Name: 'CPU\u001b[31m', Reading: 42, Units: 'C', Thresholds: { UpperCritical: 95 } },
    { Name: 'Fan 1', Reading: null, Units: 'RPM' },
  ]
  t.strictSame(resultLines({ Sensors: sensors }), [
    '2 Sensors',
    '  NAME      READING  UNITS  THRESHOLDS',
    '  CPU·[31m  42       C      UpperCritical 95',
    '  Fan 1              RPM',
  ])
  t.strictSame(resultLines([{ Id: 'Cd', MediaTypes: ['CD', 'DVD'] }]), ['1 found', '  ID  MEDIATYPES', '  Cd  CD, DVD'])
  t.strictSame(resultLines({ Entries: [] }), ['0 Entries'])
})
