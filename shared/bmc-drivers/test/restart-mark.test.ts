import { getChassisStatus, getSystemRestartCause, IpmiError, type IpmiSession, RestartCause } from 'node-ipmi'
import { test } from 'tap'
import { compareRestartMark, readRestartMark } from '../src/rmcp-plus/restart-mark.ts'

const refused = new IpmiError('completion', '10.0.0.1:623', 'refused', { completionCode: 0xff })
const tooShort = new IpmiError('invalid', '10.0.0.1:623', 'an answer too short to read')

/** A BMC whose machine is on, was last switched on by command, and has this restart cause. */
function session(cause: number | IpmiError): IpmiSession {
  const send = async (command: unknown) => {
    if (command === getChassisStatus) return { powerOn: true, lastEventCommandOn: true }
    if (cause instanceof IpmiError) throw cause
    return { cause }
  }
  return { send } as unknown as IpmiSession
}

test('a restart cause that becomes a chassis control shows a restart', async (t) => {
  const before = await readRestartMark(session(RestartCause.unknown))
  t.equal(await compareRestartMark(session(RestartCause.chassisControl), before), 'done')
  t.equal(await compareRestartMark(session(RestartCause.unknown), before), 'unknown')
})

for (const [name, error] of Object.entries({ refused, tooShort }))
  test(`a restart cause whose answer is ${name} leaves no mark, and the next one that is read shows nothing`, async (t) => {
    const before = await readRestartMark(session(error))
    t.equal(await compareRestartMark(session(RestartCause.chassisControl), before), 'unknown')
    t.equal(await compareRestartMark(session(error), before), 'unknown')
  })

test('a power state that was read a second ago at most is not read again, an older one is', async (t) => {
  const asked: unknown[] = []
  const nowMs = 5000
  const plain = session(RestartCause.unknown)
  const send = async (command: never) => {
    asked.push(command)
    return plain.send(command)
  }
  const counted = { send, nowMs: () => nowMs } as unknown as IpmiSession
  const reading = { powerOn: true, lastEventCommandOn: false }
  const mark = await readRestartMark(counted, { ...reading, atMs: nowMs - 1000 })
  t.same(asked, [getSystemRestartCause])
  t.equal(await compareRestartMark(counted, mark), 'done', 'it is part of the mark')
  asked.length = 0
  await readRestartMark(counted, { ...reading, atMs: nowMs - 1001 })
  t.same(asked, [getChassisStatus, getSystemRestartCause])
})

test('a BMC that is not reached throws', async (t) => {
  const silent = new IpmiError('timeout', '10.0.0.1:623', 'no answer')
  await t.rejects(readRestartMark(session(silent)), silent)
})
