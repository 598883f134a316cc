import type { JsonObject } from '@powerbus/drp'
import { ExactNumber } from '@powerbus/store'
import { test } from 'tap'
import { EffectiveParams } from '../../src/inventory/effective-params.ts'
import type { StoredObject } from '../../src/inventory/stored-object.ts'
import { ObjectTexts } from '../../src/server/object-texts.ts'

const defaults = { 'a/port': 623, 'a/list': ['x', null], 'a/"quoted"': '"Params":{' }
const profiles: Readonly<Record<string, StoredObject>> = {
  rack: { Name: 'rack', Params: { 'a/port': 624, 'r/rack': 'r1' }, Profiles: ['site'] },
  site: { Name: 'site', Params: { 'r/rack': 'none', 's/site': { deep: [1] } }, Profiles: [] },
  global: { Name: 'global', Params: { 'g/null': null }, Profiles: [] },
}

function effectiveParams(given: JsonObject = defaults) {
  const profile = (name: string) => profiles[name]
  const stage = (name: string) => (name === 'late' ? { Name: 'late', Params: { 's/site': 'stage' } } : undefined)
  return new EffectiveParams({ profile, stage, definitions: { defaults: () => given }, givers: () => [] })
}

function machine(number: number, fields: StoredObject = {}): StoredObject {
  return { Name: `m${number}`, Params: {}, Stage: '', Profiles: [], Meta: { Params: '{}' }, ...fields }
}

test('the text of an object with its effective params says what they are', (t) => {
  const effective = effectiveParams()
  const textOf = new ObjectTexts().withEffective(effective)
  const sources = [{}, { Profiles: ['rack'] }, { Profiles: ['site', 'rack'] }, { Stage: 'late' }, { Stage: 'none' }]
  const own = [{}, { 'a/port': null }, { 'a/list': [], 'own/one': 1, 'g/null': 'set' }, { 'own/one': 'a"b' }]
  for (const fields of sources) {
    for (const Params of own) {
      const object = machine(1, { ...fields, Params })
      t.same(JSON.parse(textOf(object)), { ...object, Params: effective.all(object) }, JSON.stringify(object))
      t.equal(textOf(object), textOf(object))
    }
  }
  t.equal(textOf({ Name: 'none' }), '{"Name":"none"}', 'a kind without params')
  t.end()
})

test('no more than a hundred combinations of own params are kept, and all are written rightly', (t) => {
  const many = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`p${index}`, index]))
  const textOf = new ObjectTexts().withEffective(effectiveParams(many))
  for (let number = 0; number < 240; number += 1) {
    const Params = { [`p${number % 120}`]: 'own' }
    t.same(JSON.parse(textOf(machine(number, { Params }))).Params, { ...many, 'g/null': null, ...Params })
  }
  t.end()
})

test('numbers stay as they were written, inherited and own', (t) => {
  const exact = new ExactNumber('9007199254740993')
  const text = new ObjectTexts().withEffective(effectiveParams({ 'a/big': exact }))(
    machine(1, { Params: { 'b/big': new ExactNumber('1e21') } }),
  )
  t.match(text, '"a/big":9007199254740993,"g/null":null,"b/big":1e21}}')
  t.end()
})

test('texts are of the params that the given moment has', (t) => {
  const texts = new ObjectTexts()
  const object = machine(1, { Params: { own: 1 } })
  t.match(texts.withEffective(effectiveParams({ given: 'before' }))(object), 'before')
  t.match(texts.withEffective(effectiveParams({ given: 'after' }))(object), 'after')
  t.end()
})
