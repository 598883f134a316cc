import { type Param, type ParamSchema, type ParamUse, PowerbusError } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { ipmiPlugin } from '../src/plugin.ts'
import { fakeDrivers } from './fake-ipmi.ts'
import { login, runAction } from './run-action.ts'

/** Values that are invalid for each type. */
const wrongValues: Readonly<Record<ParamSchema['type'], readonly unknown[]>> = {
  string: [null, {}, [], ['a']],
  integer: [null, {}, [], 'abc', '', 1.5, true],
  number: [null, {}, [], 'abc', '', true],
  boolean: [null, {}, [], 'maybe', '', 2],
  array: [null, {}, 'a', 5, true],
  object: [null, [], 'a', 5, true],
}

function paramOf(use: ParamUse): Param {
  return 'required' in use ? use.required : use
}

/** Null is no value: where neither `required` nor a default makes the param have one, it leaves the param out. */
function takesNull(use: ParamUse): boolean {
  return !('required' in use) && use.schema.default === undefined
}

test('each param of each action refuses each wrong type with 400 and its name, and sends nothing', async (t) => {
  const { drivers, bmc } = fakeDrivers()
  const plugin = ipmiPlugin({ drivers })
  const image = { 'ipmi/virtual-media-url': 'http://192.0.2.8/boot.iso', 'ipmi/virtual-media-boot': false }
  const valid = { ...login, ...image, 'detected-bios-mode': 'uefi' }
  for (const action of plugin.actions) {
    for (const use of action.params) {
      const param = paramOf(use)
      for (const value of wrongValues[param.schema.type]) {
        if (value === null && takesNull(use)) continue
        const given = { ...valid, [param.name]: value }
        const what = `${action.name}: ${param.name} = ${JSON.stringify(value)}`
        const error = await runAction(plugin, action.name, given).catch((reason: unknown) => reason)
        if (!(error instanceof PowerbusError)) {
          t.fail(what)
          continue
        }
        t.equal(error.status, 400, what)
        t.ok(error.message.includes(param.name), what)
      }
    }
  }
  t.same(bmc.commands, [])
})
