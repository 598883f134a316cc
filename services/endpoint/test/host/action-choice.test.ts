import { type AvailableAction, decodePluginManifest, models } from '@powerbus/drp'
import { test } from 'tap'
import { chooseOffer, type OfferParts } from '../../src/host/action-choice.ts'

/** A maker of machines whose own action needs `maker/id`, and a plugin that powers by address. */
const manifests = ['maker/id', 'power/address'].map((param) => {
  const Name = param.replace(/\/.*/, '')
  const action = { Command: 'poweron', Model: 'machines', RequiredParams: [param] }
  return decodePluginManifest({ Name, PluginVersion: 4, AvailableActions: [action] })
})
const plugins = ['maker', 'power'].map((Name) => models.plugins.decode({ Name, Provider: Name }))

function choose(Params: Readonly<Record<string, unknown>>) {
  const parts = {
    inventory: {
      param: (_object: unknown, name: string) => Params[name],
      plugins: { list: () => plugins, find: (name: string) => plugins.find(({ Name }) => Name === name) },
    },
    supervisor: {
      manifests: () => manifests,
      shown: (_kind: string, object: object) => ({ ...object, Available: true }),
    },
  } as unknown as OfferParts
  const missing = ({ RequiredParams }: AvailableAction) => RequiredParams.filter((name) => Params[name] === undefined)
  return chooseOffer(parts, { kind: 'machines', object: { Name: 'm', Params }, plugin: undefined }, 'poweron', missing)
}

test('a machine that its plugin made, and that lacks the params of its actions, is powered by the other plugin', async (t) => {
  const named = { 'machine-plugin': 'maker' }
  t.equal(choose({ ...named, 'power/address': 'a' }).action.Provider, 'power')
  t.equal(choose({ ...named, 'power/address': 'a', 'maker/id': '1' }).action.Provider, 'maker')
  t.equal(choose(named).action.Provider, 'maker', 'what is missing is said of its own plugin')
})
