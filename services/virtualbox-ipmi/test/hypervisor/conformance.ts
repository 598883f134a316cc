import { randomUUID } from 'node:crypto'
import type { Call } from '@powerbus/plugin-sdk'
import { type TestScope, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import type { Hypervisor } from '../../src/hypervisor/hypervisor.ts'
import type { Vm, VmNetwork, VmSpec } from '../../src/hypervisor/vm.ts'

export interface ConformanceOptions {
  /** Gives a way to open it, again after a close. */
  prepare(scope: TestScope): () => Promise<Hypervisor>
  /** Networks of the suite's VMs; default those of a new VM. */
  readonly networks?: readonly VmNetwork[]
  /** How long a call and a change of state may take, in milliseconds; default 30 000. */
  readonly patienceMs?: number
  /** Whether a guest shuts down when its power button is pressed: without an operating system none does. */
  readonly hasGuest: boolean
  /** Only what another version of the same hypervisor may print or take in another way. */
  readonly differencesOnly?: boolean
}

/** What every hypervisor must do. It makes VMs of its own and destroys them, and touches no other. */
export function hypervisorConformance(name: string, options: ConformanceOptions): void {
  const { patienceMs = 30_000, networks, differencesOnly = false } = options
  const call: Call = { signal: new AbortController().signal, timeoutMs: patienceMs }
  const spec = (more: Partial<VmSpec> = {}): VmSpec => ({
    name: `powerbus conformance ${randomUUID().slice(0, 8)}`,
    id: randomUUID(),
    cpus: 1,
    memoryMb: 64,
    vramMb: 9,
    diskMb: 8,
    ...(networks && { networks }),
    ...more,
  })

  test(`a hypervisor: ${name}`, async (suite) => {
    const open = options.prepare(suite)
    const hypervisor = await open()
    suite.teardown(() => hypervisor.close())

    const reaches = (id: string, state: string) =>
      waitUntil(
        `VM ${id} to be ${state}`,
        async () => {
          const vm = await hypervisor.get(id, call)
          return vm.state === state && vm
        },
        { timeoutMs: patienceMs, intervalMs: 20 },
      )
    const off = async (id: string): Promise<Vm> => {
      await hypervisor.powerOff(id, call)
      return await reaches(id, 'poweredoff')
    }
    const on = async (id: string): Promise<Vm> => {
      await hypervisor.start(id, call)
      return await reaches(id, 'running')
    }
    const made: string[] = []
    const make = async (more: Partial<VmSpec> = {}): Promise<Vm> => {
      const vm = await hypervisor.create(spec(more), call)
      made.push(vm.id)
      return vm
    }
    suite.teardown(async () => {
      const cleaner = await open()
      const { vms } = await cleaner.list(call)
      for (const id of made.filter((each) => vms.some((vm) => vm.id === each))) {
        await cleaner.powerOff(id, call)
        await waitUntil(`VM ${id} to be off`, async () => (await cleaner.get(id, call)).state === 'poweredoff')
        await cleaner.destroy(id, call)
      }
      await cleaner.close()
    })

    const wholeTest = async (title: string, work: (t: Test) => Promise<void>) => {
      if (!differencesOnly) await suite.test(title, work)
    }

    /** Quotes, braces, Unicode and what a shell would take: the VM of most tests. Each leaves it powered off. */
    const name1 = `powerbus conformance: it's "quoted" {x} = Größe 日本 🖥 $HOME \`id\` ; & ${randomUUID().slice(0, 8)}`
    const wished = spec({ name: name1, cpus: 2 })
    const main = await make(wished)
    const { id } = main

    await suite.test('has a version', async (t) => {
      t.match(await hypervisor.version(call), /^\d+\.\d+/)
    })

    await suite.test('makes a VM by its spec, and lists it', async (t) => {
      t.match(main, { name: name1, state: 'poweredoff', cpus: 2, memoryMb: 64, vramMb: 9 })
      t.match(id, /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/)
      t.same(main.bootOrder, ['net', 'disk', 'none', 'none'])
      t.equal(main.macs.length, wished.networks?.length ?? 2)
      for (const mac of main.macs) t.match(mac, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)
      t.equal(new Set(main.macs).size, main.macs.length)
      const { vms, problems } = await hypervisor.list(call)
      t.same(
        vms.find((vm) => vm.id === id),
        { id, name: name1 },
      )
      t.same(problems, [])
      t.same(await hypervisor.get(id.toLowerCase(), call), main)
    })

    await wholeTest('makes a VM with the given UUID, once', async (t) => {
      const wishedId = randomUUID()
      t.equal((await make({ id: wishedId, name: `- powerbus conformance ${wishedId}` })).id, wishedId.toUpperCase())
      await t.rejects(hypervisor.create(spec({ id: wishedId }), call), { code: 'OBJECT_CONFLICT' })
      t.equal((await hypervisor.get(wishedId, call)).name, `- powerbus conformance ${wishedId}`)
      await hypervisor.destroy(wishedId, call)
    })

    await wholeTest('refuses an invalid spec, and makes nothing', async (t) => {
      const before = await hypervisor.list(call)
      for (const wrong of [
        { name: '' },
        { name: 'a/b' },
        { cpus: 0 },
        { memoryMb: 1.5 },
        { vramMb: 500 },
        { diskMb: 0 },
      ]) {
        await t.rejects(hypervisor.create(spec(wrong), call), { code: 'PARAM_INVALID' }, JSON.stringify(wrong))
      }
      await t.rejects(hypervisor.create(spec({ id: 'not-a-uuid' }), call), { code: 'PARAM_INVALID' })
      t.same(await hypervisor.list(call), before)
    })

    await suite.test('starts and powers off, also twice', async (t) => {
      await hypervisor.powerOff(id, call)
      await on(id)
      await hypervisor.start(id, call)
      t.equal((await hypervisor.get(id, call)).state, 'running')
      await off(id)
      await hypervisor.powerOff(id, call)
      // At once: the VM may still be locked.
      await on(id)
      await off(id)
    })

    await suite.test('resets and shuts down a running VM, and refuses both for a VM that is off', async (t) => {
      await t.rejects(hypervisor.reset(id, call), { code: 'TARGET_STATE' })
      await t.rejects(hypervisor.acpiShutdown(id, call), { code: 'TARGET_STATE' })
      if (hypervisor.nmi) await t.rejects(hypervisor.nmi(id, call), { code: 'TARGET_STATE' })
      await on(id)
      await hypervisor.reset(id, call)
      await reaches(id, 'running')
      await hypervisor.nmi?.(id, call)
      await hypervisor.acpiShutdown(id, call)
      await (options.hasGuest ? reaches(id, 'poweredoff') : off(id))
    })

    await suite.test('changes the boot order only of a VM that is off', async (t) => {
      await hypervisor.setBootOrder(id, ['disk', 'net'], call)
      t.same((await hypervisor.get(id, call)).bootOrder, ['disk', 'net', 'none', 'none'])
      await hypervisor.setBootOrder(id, ['dvd', 'floppy', 'disk', 'net'], call)
      await on(id)
      await t.rejects(hypervisor.setBootOrder(id, ['net'], call), { code: 'TARGET_STATE' })
      t.same((await off(id)).bootOrder, ['dvd', 'floppy', 'disk', 'net'])
    })

    await wholeTest('keeps texts with a VM, running or not', async (t) => {
      const key = 'powerbus/test'
      t.equal(await hypervisor.getExtra(id, key, call), undefined)
      await hypervisor.setExtra(id, key, 'ä "b" \\ = c', call)
      t.equal(await hypervisor.getExtra(id, key, call), 'ä "b" \\ = c')
      await on(id)
      await hypervisor.setExtra(id, key, 'two', call)
      t.equal(await hypervisor.getExtra(id, key, call), 'two')
      await hypervisor.setExtra(id, key, undefined, call)
      t.equal(await hypervisor.getExtra(id, key, call), undefined)
      await off(id)
    })

    await wholeTest('accepts concurrent calls for one VM', async (t) => {
      const keys = ['one', 'two', 'three']
      await Promise.all([
        hypervisor.start(id, call),
        ...keys.map((key) => hypervisor.setExtra(id, key, `${key}!`, call)),
      ])
      t.same(await Promise.all(keys.map((key) => hypervisor.getExtra(id, key, call))), ['one!', 'two!', 'three!'])
      await reaches(id, 'running')
      await off(id)
    })

    await wholeTest('copies a VM that is off, with an id and MACs of its own', async (t) => {
      await hypervisor.snapshot(id, 'before "it" all', call)
      const copyName = `powerbus conformance copy ${randomUUID().slice(0, 8)}`
      const copy = await hypervisor.clone(id, copyName, call)
      made.push(copy.id)
      t.match(copy, {
        name: copyName,
        state: 'poweredoff',
        cpus: 2,
        bootOrder: (await hypervisor.get(id, call)).bootOrder,
      })
      t.not(copy.id, id)
      t.same(
        copy.macs.filter((mac) => main.macs.includes(mac)),
        [],
      )
      await hypervisor.destroy(copy.id, call)
    })

    await wholeTest('copies and destroys only a VM that is off', async (t) => {
      await on(id)
      await t.rejects(hypervisor.clone(id, `powerbus conformance copy ${randomUUID()}`, call), { code: 'TARGET_STATE' })
      await t.rejects(hypervisor.destroy(id, call), { code: 'TARGET_STATE' })
      await off(id)
      await hypervisor.destroy(id, call)
      await t.rejects(hypervisor.get(id, call), { code: 'OBJECT_UNKNOWN' })
      t.notOk((await hypervisor.list(call)).vms.some((vm) => vm.id === id))
    })

    await wholeTest('every call fails with OBJECT_UNKNOWN for an unknown VM', async (t) => {
      const missing = randomUUID()
      const calls: (() => Promise<unknown>)[] = [
        () => hypervisor.get(missing, call),
        () => hypervisor.start(missing, call),
        () => hypervisor.powerOff(missing, call),
        () => hypervisor.reset(missing, call),
        () => hypervisor.acpiShutdown(missing, call),
        () => hypervisor.setBootOrder(missing, ['net'], call),
        () => hypervisor.getExtra(missing, 'key', call),
        () => hypervisor.setExtra(missing, 'key', 'value', call),
        () => hypervisor.snapshot(missing, 'name', call),
        () => hypervisor.clone(missing, 'name', call),
        () => hypervisor.destroy(missing, call),
      ]
      for (const [index, work] of calls.entries()) await t.rejects(work(), { code: 'OBJECT_UNKNOWN' }, `call ${index}`)
      await t.rejects(hypervisor.get('not-a-uuid', call), { code: 'PARAM_INVALID' })
    })

    await wholeTest('ends an aborted call, and accepts none after close', async (t) => {
      await t.rejects(hypervisor.list({ ...call, signal: AbortSignal.abort() }), { code: 'DEADLINE_EXCEEDED' })
      await hypervisor.close()
      await t.rejects(hypervisor.list(call), { code: 'SHUTTING_DOWN' })
      await hypervisor.close()
    })
  })
}
