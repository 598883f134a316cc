import { test } from 'tap'
import { encodeInventory } from '../../../src/bmc/fru-inventory.ts'
import { readFrus } from '../../../src/client/records/read-frus.ts'
import { checksum } from '../../../src/codec/checksum.ts'
import { fruDeviceLocatorRecord } from '../../../src/commands/sensor-record.ts'
import { roundTrip } from '../../round-trip.ts'
import { type Script, scriptedSession, sdrScript } from './scripted-session.ts'

const inventory = encodeInventory({ manufacturer: 'Acme', product: 'R1', partNumber: 'P-7', serialNumber: 'S42' })

/** FRU commands over these devices. `most`: bytes (or words) of an answer that fit. */
const frus = (devices: Readonly<Record<number, Uint8Array>>, { most = 255, byWords = false } = {}): Script => ({
  'Get FRU Inventory Area Info': ([id = 0]) => {
    const size = devices[id]?.length
    return size === undefined ? 0xcb : Uint8Array.of(size & 0xff, size >> 8, Number(byWords))
  },
  'Read FRU Data': (request) => {
    const [id = 0, low = 0, high = 0, count = 0] = request
    const unit = byWords ? 2 : 1
    const offset = (low | (high << 8)) * unit
    if (count * unit > most) return 0xca
    const data = devices[id]?.subarray(offset, offset + count * unit) ?? new Uint8Array(0)
    return Uint8Array.of(data.length / unit, ...data)
  },
})

test('the locator record encodes what it decoded', async (t) => {
  roundTrip(t, 'FRU device locator', fruDeviceLocatorRecord)
})

const expected = {
  name: 'built-in',
  deviceId: 0,
  boardManufacturer: 'Acme',
  boardProduct: 'R1',
  boardSerialNumber: 'S42',
  boardPartNumber: 'P-7',
  productManufacturer: 'Acme',
  productName: 'R1',
  productPartNumber: 'P-7',
  productSerialNumber: 'S42',
  custom: [],
  damaged: [],
}

test('a device is read by bytes and by words, in parts that fit', async (t) => {
  for (const options of [{}, { most: 8 }, { most: 16 }, { byWords: true }, { byWords: true, most: 8 }]) {
    const session = scriptedSession({ ...sdrScript([]), ...frus({ 0: inventory }, options) })
    t.strictSame(await readFrus(session), [expected], JSON.stringify(options))
  }
})

test('a busy device is asked again; one that stays busy, is absent or empty is left out', async (t) => {
  const script = frus({ 0: inventory })
  let asked = 0
  const busy: Script = {
    ...sdrScript([]),
    ...script,
    'Read FRU Data': (data) => (asked++ < 3 ? 0x81 : (script['Read FRU Data']?.(data) ?? 0)),
  }
  t.strictSame(await readFrus(scriptedSession(busy)), [expected])
  const always = scriptedSession({ ...sdrScript([]), ...script, 'Read FRU Data': () => 0x81 })
  t.strictSame(await readFrus(always), [])
  for (const device of [new Uint8Array(64), new Uint8Array(64).fill(0xff), inventory.subarray(0, 4)]) {
    t.strictSame(await readFrus(scriptedSession({ ...sdrScript([]), ...frus({ 0: device }) })), [])
  }
  t.strictSame(await readFrus(scriptedSession({ ...sdrScript([]), ...frus({}) })), [])
})

test('devices of locator records are read by their names, those of other controllers are not', async (t) => {
  const locator = (fields: object) => {
    const record = fruDeviceLocatorRecord.encode({
      ...fruDeviceLocatorRecord.decode(new Uint8Array(fruDeviceLocatorRecord.minLength)),
      type: 0x11,
      accessAddress: 0x20,
      logical: true,
      name: Uint8Array.of(0xc3, ...Buffer.from('PSU')),
      ...fields,
    })
    record[4] = record.length - 5
    return record
  }
  const records = [
    locator({ deviceId: 3 }),
    locator({ deviceId: 4, accessAddress: 0x2c }),
    locator({ deviceId: 5, logical: false }),
  ]
  const session = scriptedSession({
    ...sdrScript(records),
    ...frus({ 0: inventory, 3: inventory, 4: inventory, 5: inventory }),
  })
  t.match(await readFrus(session), [{ name: 'built-in' }, { name: 'PSU', deviceId: 3 }])
})

/** Header and one board area with these bytes after the language. */
function board(content: readonly number[]): Uint8Array {
  const area = new Uint8Array(Math.ceil((content.length + 4) / 8) * 8)
  area.set([1, area.length / 8, 25, ...content])
  area[area.length - 1] = checksum(area, 0, area.length - 1)
  const header = Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 0)
  header[7] = checksum(header, 0, 7)
  return Uint8Array.of(...header, ...area)
}

test('time, vendor fields and damage of an area are told', async (t) => {
  const content = [0x40, 0x42, 0x0f, 0xc2, 0x41, 0x42, 0xc0, 0xc0, 0xc0, 0xc0, 0xc2, 0x58, 0x59, 0xc1]
  const device = board(content)
  const read = async (bytes: Uint8Array) =>
    (await readFrus(scriptedSession({ ...sdrScript([]), ...frus({ 0: bytes }) })))[0]
  t.strictSame(await read(device), {
    name: 'built-in',
    deviceId: 0,
    boardManufacturer: 'AB',
    boardMadeAtMs: Date.UTC(1996, 0, 1) + 1_000_000 * 60_000,
    custom: ['XY'],
    damaged: [],
  })
  const damaged = Uint8Array.from(device)
  damaged[device.length - 1] = (damaged[device.length - 1] ?? 0) + 1
  t.match(await read(damaged), { boardManufacturer: 'AB', damaged: ['board'] })
  const endless = board([0, 0, 0, 0xff, 0x41])
  t.match(await read(endless), { boardManufacturer: 'A' }, 'a text beyond its area is cut')
})
