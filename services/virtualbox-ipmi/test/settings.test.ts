import { readParamValues } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { pluginParams } from '../src/params.ts'
import { networkOf } from '../src/settings.ts'

const given = (params: Readonly<Record<string, unknown>>) =>
  readParamValues(pluginParams, { 'virtualbox/user': 'u', ...params })

test('the network of new VMs is as it is set; a blank name counts as none', (t) => {
  t.same(networkOf(given({})), { kind: undefined, name: undefined })
  for (const kind of ['hostonly', 'hostonlynet', 'bridged', 'intnet', 'natnetwork'])
    t.same(networkOf(given({ 'virtualbox/network-kind': kind, 'virtualbox/network-name': ' ' })), {
      kind,
      name: undefined,
    })
  t.same(networkOf(given({ 'virtualbox/network-name': ' -a "b" ' })), { kind: undefined, name: ' -a "b" ' })
  t.throws(() => given({ 'virtualbox/network-kind': 'nat' }), { code: 'PARAM_INVALID' })
  for (const name of ['a\0b', 'a\nb', '\u007f'])
    t.throws(() => networkOf(given({ 'virtualbox/network-name': name })), { code: 'PARAM_INVALID' })
  t.end()
})
