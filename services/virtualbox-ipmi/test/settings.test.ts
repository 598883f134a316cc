import { readParamValues } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { pluginParams } from '../src/params.ts'
import { networkOf } from '../src/settings.ts'
import { openPluginBench } from './plugin-bench.ts'

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

test('a config with an address of another host, or of many, is refused, and the earlier config goes on', async (t) => {
  const { hypervisor, run, configure } = await openPluginBench(t)
  const { id } = hypervisor.add({ name: 'a' })
  const password = { 'virtualbox/bmc-password': 'pw' }
  for (const address of ['192.0.2.7', '2001:db8::7', '0.0.0.0', '::', 'nonsense'])
    for (const spread of address === '192.0.2.7' ? ['port', 'address'] : ['port']) {
      const wrong = { ...password, 'virtualbox/bmc-address': address, 'virtualbox/bmc-spread': spread }
      await t.rejects(configure(wrong), { code: 'PARAM_INVALID', message: /virtualbox\/bmc-address/ }, address)
    }
  await t.rejects(configure({ 'virtualbox/network-name': 'a\nb' }), { code: 'PARAM_INVALID' })
  t.match(await run('powerstatus', { 'virtualbox/id': id }), { Power: 'off' })
  t.notOk(hypervisor.done.includes('close'))
})
