import { test } from 'tap'
import { redfishBench } from './redfish-bench.ts'

test('a cycle, reset, interrupt or shutdown whose answer was lost is sent once, and found out or unknown', async (t) => {
  for (const [verb, type, outcome] of [
    ['powercycle', 'PowerCycle', { Power: 'on', Changed: true }],
    ['powershutdown', 'GracefulShutdown', { Power: 'off', Changed: true }],
    ['powerdiag', 'Nmi', undefined],
  ] as const) {
    const bench = redfishBench({ isOn: true, changeMs: 3000 })
    bench.state.quirks.rules.push({ method: 'POST', path: 'ComputerSystem.Reset', times: 1, lose: 'answer' })
    if (outcome) t.match(await bench.power(verb), outcome, verb)
    else await t.rejects(bench.power(verb), { code: 'OUTCOME_UNKNOWN' }, verb)
    t.equal(bench.sent('POST', `ComputerSystem.Reset {"ResetType":"${type}"}`).length, 1, verb)
    await bench.close()
  }
})

test('a reset whose request was lost before the BMC had it is not sent again, and is unknown', async (t) => {
  const bench = redfishBench({ isOn: true })
  bench.state.quirks.rules.push({ method: 'POST', path: 'ComputerSystem.Reset', lose: 'request' })
  await t.rejects(bench.power('powerreset', { 'power/resend': true }), {
    code: 'OUTCOME_UNKNOWN',
    message: /not sent again/,
  })
  t.equal(bench.sent('POST', 'ComputerSystem.Reset').length, 1)
  t.equal(bench.count('hardReset'), 0)
  await bench.close()
})

test('on and off whose answers are lost are done, since the state shows it', async (t) => {
  const bench = redfishBench()
  bench.state.quirks.rules.push({ method: 'POST', path: 'ComputerSystem.Reset', times: 1, lose: 'answer' })
  t.match(await bench.power('poweron'), { Power: 'on', Verified: true })
  bench.state.quirks.rules.push({ method: 'POST', path: 'ComputerSystem.Reset', times: 1, lose: 'answer' })
  t.match(await bench.power('poweroff'), { Power: 'off', Verified: true })
  await bench.close()
})

test('an accepted power-on that is dropped is sent again after 30 s', async (t) => {
  const bench = redfishBench({ quirks: { droppedResets: 1 } })
  t.match(await bench.power('poweron'), { Power: 'on', Changed: true, Verified: true, Attempts: 2 })
  await bench.close()
})

test('a conflict is success where the state is reached, and is asked again where it is not', async (t) => {
  const late = redfishBench({ personality: 'idrac10', isOn: true, quirks: { conflictAfterOffMs: 20_000 } })
  t.match(await late.power('poweroff'), { Power: 'off' })
  t.match(await late.power('poweron'), { Power: 'on', Changed: true, Verified: true })
  t.ok(late.sent('POST', '"On"').length > 1, 'refused at first')
  await late.close()
  const stale = redfishBench({ personality: 'dell', isOn: true, quirks: { stalePowerMs: 5000 } })
  t.match(await stale.power('poweroff'), { Power: 'off', Verified: true })
  await stale.close()
})

test('the types of a reset come from the action, its ActionInfo, or the standard', async (t) => {
  for (const resetTypesAt of ['annotation', 'actionInfo', 'nowhere'] as const) {
    const bench = redfishBench({ quirks: { resetTypesAt } })
    t.match(await bench.power('poweron'), { Power: 'on' }, resetTypesAt)
    t.match(await bench.power('powercycle'), { Power: 'on', Changed: true }, resetTypesAt)
    await bench.close()
  }
})

test('a power state that says nothing is an error, unless the chassis tells', async (t) => {
  for (const powerState of ['Paused', 'Reset', 'Unknown', 'null', 'absent'] as const) {
    const bench = redfishBench({ isOn: true, quirks: { powerState } })
    const rule = { method: 'GET', path: /Chassis\/1$/, patch: { PowerState: undefined as never } }
    bench.state.quirks.rules.push(rule)
    await t.rejects(bench.power('powerstatus'), { code: 'TARGET_BUSY', message: /PowerState/ }, powerState)
    bench.state.quirks.rules.length = 0
    bench.state.quirks.rules.push({ method: 'GET', path: /Chassis\/1$/, patch: { PowerState: 'On' } })
    t.match(await bench.power('powerstatus'), { Power: 'on' }, powerState)
    await bench.close()
  }
})

test('a power shelf is on where all its supplies are, and has no system', async (t) => {
  for (const personality of ['powerShelf', 'deltaShelf'] as const) {
    const bench = redfishBench({ personality, isOn: true })
    t.match(await bench.power('powerstatus'), { Power: 'on' }, personality)
    t.match(await bench.ask((bmc, call) => bmc.health?.(call)), { Power: 'on' }, personality)
    await bench.close()
  }
})

test('a baseboard that answers 503 while the host is off keeps nobody from switching it on', async (t) => {
  for (const personality of ['gb200', 'dgxH100'] as const) {
    const bench = redfishBench({ personality })
    t.match(await bench.power('poweron'), { Power: 'on', Verified: true }, personality)
    await bench.close()
  }
})

test('an override for ever that the BMC refuses is set for the next boot, and the result says so', async (t) => {
  const bench = redfishBench({ quirks: { noContinuous: true } })
  t.match(await bench.setBoot('pxe', true), {
    BootDevice: 'pxe',
    Persistent: false,
    Verified: false,
    Lost: ['persistence'],
    Note: /next boot/,
  })
  await bench.close()
})

test('a BMC that forgets the override is an error, and one that is in its self-test is asked again', async (t) => {
  const forgets = redfishBench({ quirks: { dropsOverride: true } })
  await t.rejects(forgets.setBoot('pxe'), { code: 'TARGET_STATE' })
  await forgets.close()
  const post = redfishBench({ personality: 'hpe', quirks: { postMs: 20_000 } })
  await post.power('poweron')
  t.match(await post.setBoot('disk'), { BootDevice: 'disk', Verified: true })
  await post.close()
})

test('the boot override goes with a fresh tag to the place that the rules name', async (t) => {
  const places = [
    ['ami', 'PATCH /redfish/v1/Systems/Self '],
    ['dgxH100', 'PATCH /redfish/v1/Systems/DGX/SD '],
    ['gb200', 'PATCH /redfish/v1/Systems/System_0/Settings '],
    ['supermicro', 'PATCH /redfish/v1/Systems/1 '],
  ] as const
  for (const [personality, place] of places) {
    const bench = redfishBench({ personality })
    t.match(await bench.setBoot('pxe'), { BootDevice: 'pxe', EFI: true, Verified: true }, personality)
    const [patch = ''] = bench.sent('PATCH')
    t.ok(patch.startsWith(place), patch)
    t.match(patch, /"BootSourceOverrideEnabled":"Once"/)
    const before = bench.requests[bench.requests.indexOf(patch) - 1] ?? ''
    t.equal(before.trim(), place.replace('PATCH', 'GET').trim(), 'read right before')
    await bench.close()
  }
})

test('ETags as firmware has them do not keep the boot device from being set', async (t) => {
  for (const quirks of [
    { etags: 'weak' },
    { etags: 'quotedTwice' },
    { etags: 'empty', ifMatch: 'optional' },
    { etags: 'none', ifMatch: 'optional' },
    { ifMatch: 412 },
    { ifMatch: 428 },
  ] as const) {
    const bench = redfishBench({ quirks })
    t.match(await bench.setBoot('disk'), { BootDevice: 'disk', Verified: true }, JSON.stringify(quirks))
    await bench.close()
  }
})

test('the log says by which rules a BMC is driven, once, and a param names others', async (t) => {
  const bench = redfishBench({ personality: 'supermicro', isOn: true })
  await bench.power('powerreset')
  await bench.power('powerreset')
  t.match(bench.notes, [/rules supermicro .*supermicro\.rs/])
  t.throws(() => bench.driver({ redfish: { rules: 'acme' } }), {
    code: 'PARAM_INVALID',
    message: /ipmi\/redfish-rules/,
  })
  t.doesNotThrow(() => bench.driver({ redfish: { rules: 'standard' } }))
  await bench.close()
})

test('accycle is sent by the way of each vendor, of a machine that is off, and is a 404 where there is none', async (t) => {
  const ways = [
    ['hpe', 'HpeComputerSystemExt.SystemReset {"ResetType":"AuxCycle"}'],
    ['lenovo', 'LenovoComputerSystem.SystemReset {"ResetType":"ACPowerCycle"}'],
    ['supermicro', 'OemSystemExtensions.Reset {"ResetType":"ACCycle"}'],
    ['gb200', 'NvidiaChassis.AuxPowerReset {"ResetType":"AuxPowerCycle"}'],
  ] as const
  for (const [personality, request] of ways) {
    const bench = redfishBench({ personality, isOn: true, quirks: { standbyCutMs: 60_000 } })
    t.match(await bench.power('accycle'), { Power: 'on', Changed: true, Verified: true }, personality)
    t.equal(bench.sent('POST', request).length, 1, personality)
    await bench.close()
  }
  for (const personality of ['ami', 'openbmc', 'standard'] as const) {
    const bench = redfishBench({ personality, isOn: true })
    await t.rejects(bench.power('accycle'), { code: 'CAPABILITY_UNSUPPORTED', status: 404 }, personality)
    t.ok(bench.machine.isOn(), personality)
    await bench.close()
  }
})

test('virtual media: the image is put in, booted from, shown and taken out', async (t) => {
  const url = 'http://192.0.2.8/rescue.iso'
  for (const personality of ['standard', 'dell', 'idrac10', 'hpe', 'cisco', 'openbmc', 'ami'] as const) {
    const bench = redfishBench({ personality })
    const mount = await bench.ask((bmc, call) => bmc.mountMedia?.({ url, boot: true, efi: true }, call))
    t.match(mount, { Slot: { Inserted: true, Image: url }, Verified: true, Boot: { Verified: true } }, personality)
    const slots = await bench.ask((bmc, call) => bmc.mediaStatus?.(call))
    t.equal(slots?.filter(({ Inserted }) => Inserted).length, 1, personality)
    const again = await bench.ask((bmc, call) => bmc.mountMedia?.({ url: `${url}2`, boot: false, efi: true }, call))
    t.match(again, { Verified: true, Slot: { Image: `${url}2` } }, `${personality}: in place of the first`)
    t.equal((await bench.ask((bmc, call) => bmc.unmountMedia?.(call)))?.length, 1, personality)
    await bench.close()
  }
})

test('a drive that wants the protocol and the method of the transfer gets them', async (t) => {
  const bench = redfishBench({ quirks: { mediaNeeds: ['TransferProtocolType', 'TransferMethod'] } })
  const url = 'https://192.0.2.8/rescue.iso'
  t.match(await bench.ask((bmc, call) => bmc.mountMedia?.({ url, boot: false, efi: true }, call)), { Verified: true })
  await bench.close()
})

test('sensors come by Sensors, else by Thermal and Power, and never twice', async (t) => {
  const bench = redfishBench({ isOn: true })
  const newer = (await bench.ask((bmc, call) => bmc.sensors?.(call))) ?? []
  t.ok(newer.some(({ Type, Units }) => Type === 'temperature' && Units === 'C'))
  t.equal(new Set(newer.map(({ Name }) => Name)).size, newer.length)
  await bench.close()
  const old = redfishBench({ isOn: true })
  const without = { Sensors: undefined, ThermalSubsystem: undefined, PowerSubsystem: undefined }
  old.state.quirks.rules.push({ method: 'GET', path: /Chassis\/1$/, patch: without as never })
  const older = (await old.ask((bmc, call) => bmc.sensors?.(call))) ?? []
  t.ok(older.some(({ Type, Reading }) => Type === 'temperature' && typeof Reading === 'number'))
  t.ok(older.some(({ Type }) => Type === 'fan'))
  await old.close()
})

test('log, parts, firmware, resources, console and mock-up are read, and the log is cleared', async (t) => {
  const bench = redfishBench({ isOn: true })
  await bench.power('powerdiag')
  const entries = (await bench.ask((bmc, call) => bmc.sel?.(call))) ?? []
  t.ok(entries.length > 0)
  await bench.ask((bmc, call) => bmc.clearSel?.(call))
  const left = (await bench.ask((bmc, call) => bmc.sel?.(call))) ?? []
  t.ok(left.length < entries.length)
  t.match(await bench.ask((bmc, call) => bmc.fru?.(call)), [{ Name: /system/, Manufacturer: 'Powerbus' }])
  t.ok(((await bench.ask((bmc, call) => bmc.firmware?.(call))) ?? []).length > 0)
  for (const kind of ['bios', 'memory', 'processor', 'ethernetInterfaces', 'secureBoot', 'storage'] as const)
    t.ok(await bench.ask((bmc, call) => bmc.resource?.(kind, call)), kind)
  t.match(await bench.ask((bmc, call) => bmc.consoleFacts?.(call)), { System: {}, Manager: {}, Ports: {} })
  await bench.ask((bmc, call) => bmc.resetBios?.(call))
  t.equal(bench.sent('POST', 'Bios.ResetBios').length, 1)
  await bench.close()
})

test('identify switches the light on and off', async (t) => {
  const bench = redfishBench()
  await bench.ask((bmc, call) => bmc.identify?.(30, call))
  t.match(await bench.ask((bmc, call) => bmc.health?.(call)), { Identify: 'on' })
  await bench.ask((bmc, call) => bmc.identify?.(0, call))
  t.match(await bench.ask((bmc, call) => bmc.health?.(call)), { Identify: 'off' })
  await bench.close()
})

test('a wrong password, a missing service and an ended caller are the errors of the house', async (t) => {
  const bench = redfishBench()
  bench.state.quirks.rules.push({ path: 'Systems', status: 403, message: 'InsufficientPrivilege' })
  await t.rejects(bench.power('powerstatus'), { code: 'AUTH_FAILED', message: /Operator or Administrator/ })
  bench.state.quirks.rules.length = 0
  bench.state.quirks.rules.push({ hang: true })
  await t.rejects(bench.power('powerstatus', { 'power/timeout': 5 }), { code: 'TARGET_TIMEOUT' })
  await bench.close()
})
