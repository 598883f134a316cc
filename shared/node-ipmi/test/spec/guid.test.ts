import { test } from 'tap'
import { guidFromString, guidOrder, guidToString } from '../../src/spec/guid.ts'

const bytes = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(/[- ]/g, ''), 'hex'))

test('a UUID is shown as dmidecode shows it, in whichever order the BMC sends it', async (t) => {
  const uuid = '00112233-4455-4677-8899-aabbccddeeff'
  const sent = {
    ipmi: 'ffeeddccbbaa 9988 7746 5544 33221100',
    smbios: '33221100 5544 7746 8899 aabbccddeeff',
    rfc4122: uuid.replace('4677', '4607'),
  } as const
  t.equal(guidOrder(bytes(sent.ipmi)), 'ipmi')
  t.equal(guidToString(bytes(sent.ipmi)), uuid)
  t.equal(guidOrder(bytes(sent.smbios)), 'smbios')
  t.equal(guidToString(bytes(sent.smbios)), uuid)
  t.equal(guidOrder(bytes(sent.rfc4122)), 'rfc4122')
  t.equal(guidToString(bytes(sent.rfc4122)), sent.rfc4122)
})

test('UUIDs of Dell, which look like two orders, and of boards without a version, are those of SMBIOS', async (t) => {
  // Dell: "DELL" and the service tag; text order would have version 1.
  t.equal(guidToString(bytes('44454c4c5900103880 53b8c04f4d3532')), '4c4c4544-0059-3810-8053-b8c04f4d3532')
  // Supermicro: zeros and the MAC address; HPE: ASCII digits.
  t.equal(guidToString(bytes(`${'00'.repeat(10)}ac1f6b123456`)), '00000000-0000-0000-0000-ac1f6b123456')
  t.equal(guidToString(bytes('38373633 3436 4d58 5137343130393435')), '33363738-3634-584d-5137-343130393435')
})

test('an order that is given is used; text and bytes of §20.8 are each other', async (t) => {
  const text = 'a1b2c3d4-e5f6-1718-b192-0a1b2c3d4e5f'
  t.equal(guidToString(guidFromString(text)), text)
  t.equal(guidToString(guidFromString(text), 'ipmi'), text)
  t.equal(guidToString(bytes(text), 'rfc4122'), text)
  t.equal(guidToString(bytes('d4c3b2a1 f6e5 1817 b192 0a1b2c3d4e5f'), 'smbios'), text)
  t.throws(() => guidFromString(text.slice(1)), RangeError)
})

test('no UUID in the order of §20.8 looks like one of SMBIOS', async (t) => {
  for (let seed = 1; seed < 5000; seed++) {
    const random = Uint8Array.from({ length: 16 }, (_, i) => Math.imul(seed, 2654435761 + i * 40503) >>> 13)
    random[9] = ((random[9] ?? 0) & 0x0f) | (((seed % 5) + 1) << 4)
    random[7] = ((random[7] ?? 0) & 0x3f) | 0x80
    if (guidOrder(random) !== 'ipmi') t.fail(Buffer.from(random).toString('hex'))
  }
})
