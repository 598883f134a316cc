import { test } from 'tap'
import { otherSlash } from '../../src/client/redfish-path.ts'
import {
  booleanAt,
  lastPart,
  linkAt,
  linksAt,
  listAt,
  numberAt,
  objectAt,
  objectsAt,
  pathOf,
  textAt,
  textsAt,
  valueAt,
} from '../../src/index.ts'

test('numbers are read as firmware sends them', async (t) => {
  const rows: [unknown, number | undefined][] = [
    [2, 2],
    [2.0, 2],
    ['2', 2],
    [' 2.5 ', 2.5],
    ['-3e2', -300],
    ['.5', 0.5],
    [0, 0],
    ['0', 0],
    ['', undefined],
    ['12 W', undefined],
    ['0x10', undefined],
    ['NaN', undefined],
    ['1e999', undefined],
    [null, undefined],
    [true, undefined],
    [[], undefined],
    [{}, undefined],
    [undefined, undefined],
  ]
  for (const [value, expected] of rows) t.equal(numberAt({ a: value } as never, 'a'), expected, JSON.stringify(value))
})

test('texts are trimmed, and empty ones absent', async (t) => {
  const rows: [unknown, string | undefined][] = [
    ['MT2246XZ0908   ', 'MT2246XZ0908'],
    ['   ', undefined],
    ['', undefined],
    [7, '7'],
    [false, 'false'],
    [null, undefined],
    [{}, undefined],
    [['x'], undefined],
  ]
  for (const [value, expected] of rows) t.equal(textAt({ a: value } as never, 'a'), expected, JSON.stringify(value))
})

test('booleans are read as text too', async (t) => {
  const rows: [unknown, boolean | undefined][] = [
    [true, true],
    [false, false],
    ['true', true],
    ['Enabled', true],
    ['Disabled', false],
    ['FALSE', false],
    ['yes', undefined],
    [1, undefined],
    [null, undefined],
  ]
  for (const [value, expected] of rows) t.equal(booleanAt({ a: value } as never, 'a'), expected, JSON.stringify(value))
})

test('a path into nulls, lists and texts is undefined and does not throw', async (t) => {
  const body = { a: null, b: [1], c: 'x', d: { e: { f: 1 } } }
  t.equal(valueAt(body, 'a', 'x'), undefined)
  t.equal(valueAt(body, 'b', '0'), undefined)
  t.equal(valueAt(body, 'c', 'length'), undefined)
  t.equal(valueAt(body, 'toString'), undefined)
  t.equal(valueAt(undefined, 'x'), undefined)
  t.equal(valueAt(body, 'd', 'e', 'f'), 1)
  t.same(objectAt(body, 'd', 'e'), { f: 1 })
  t.equal(objectAt(body, 'b'), undefined)
})

test('lists are read where one thing stands in their place, and without what does not belong in', async (t) => {
  t.same(listAt({ a: 'x' }, 'a'), ['x'])
  t.same(listAt({ a: null }, 'a'), [])
  t.same(textsAt({ a: ['On', null, 3, {}, ' Off '] }, 'a'), ['On', '3', 'Off'])
  t.same(objectsAt({ a: [{ b: 1 }, null, 'x', [1]] }, 'a'), [{ b: 1 }])
})

test('links are read in each form that BMCs used', async (t) => {
  t.equal(linkAt({ a: { '@odata.id': '/x' } }, 'a'), '/x')
  t.equal(linkAt({ a: { href: '/x' } }, 'a'), '/x')
  t.equal(linkAt({ a: '/x' }, 'a'), '/x')
  t.equal(linkAt({ a: {} }, 'a'), undefined)
  t.equal(linkAt({ a: null }, 'a'), undefined)
  t.same(linksAt({ a: [{ '@odata.id': '/x' }, {}, null, { '@odata.id': '' }, { '@odata.id': '/y' }] }, 'a'), [
    '/x',
    '/y',
  ])
})

test('a link is taken as a path of the BMC that gave it', async (t) => {
  const rows: [string, string | undefined][] = [
    ['/redfish/v1/Systems/1', '/redfish/v1/Systems/1'],
    [' /redfish/v1/Systems/1 ', '/redfish/v1/Systems/1'],
    ['https://evil.test:1/redfish/v1?$skip=5#/Members/1', '/redfish/v1?$skip=5'],
    ['HTTP://10.0.0.1', '/'],
    ['/redfish/v1/Chassis/Slot 1/é', '/redfish/v1/Chassis/Slot%201/%C3%A9'],
    ['/redfish/v1/a%20b', '/redfish/v1/a%20b'],
    ['/a\r\nHost: evil.test', '/a%0D%0AHost:%20evil.test'],
    ['//evil.test/x', undefined],
    ['redfish/v1', undefined],
    ['', undefined],
    ['file:///etc/passwd', undefined],
  ]
  for (const [link, expected] of rows) t.equal(pathOf(link), expected, link)
})

test('the last part of a path is its name', async (t) => {
  t.equal(lastPart('/redfish/v1/Systems/System.Embedded.1/'), 'System.Embedded.1')
  t.equal(lastPart('/redfish/v1/Chassis/Slot%201?x=/y'), 'Slot 1')
  t.equal(lastPart('/redfish/v1/Chassis/100%'), '100%')
  t.equal(lastPart('/'), '')
})

test('the other form of a path has a slash more or less, before its query', async (t) => {
  const rows = [
    ['/a', '/a/'],
    ['/a/', '/a'],
    ['/a?b=/c', '/a/?b=/c'],
    ['/a/?b', '/a?b'],
    ['/', '/'],
  ]
  for (const [path = '', other = ''] of rows) t.equal(otherSlash(path), other)
})
