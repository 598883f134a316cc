import { Secret } from '@powerbus/plugin-sdk/power'
import { test } from 'tap'
import { partitionNamed } from '../../src/lpar/find-partition.ts'
import { meaningOf, refusalOf } from '../../src/lpar/hmc-message.ts'
import { jobIn } from '../../src/lpar/job-answer.ts'
import { jobOrders, jobRequest, logonRequest } from '../../src/lpar/job-request.ts'
import { partitionInJson, partitionInXml, powerOfPartition } from '../../src/lpar/partition.ts'
import { powerOfState } from '../../src/lpar/partition-state.ts'
import { RemoteError } from '../../src/remote-error.ts'
import { elementsNamed, readXml } from '../../src/xml-document.ts'

const limits = { bytesMax: 1024 * 1024 }

test('every partition state is on, off or neither, in any case', async (t) => {
  const on = [
    'running',
    'open firmware',
    'starting',
    'shutting down',
    'hardware discovery',
    'migrating running',
    'suspending',
    'resuming',
  ]
  const off = ['not activated', 'migrating not active', 'suspended']
  for (const state of on) t.equal(powerOfState(state), 'on', state)
  for (const state of off) t.equal(powerOfState(state), 'off', state)
  for (const state of ['not available', 'error', 'unknown', 'Unknown', '', 'constructor'])
    t.equal(powerOfState(state), undefined, state)
  for (const state of ['Running', 'Not Activated', 'Open Firmware', 'Shutting Down', 'Starting'])
    t.equal(powerOfState(state), powerOfState(state.toLowerCase()), state)
})

test('a state that is neither names the partition, the state and the reference code', async (t) => {
  const partition = { PartitionName: 'lpar1', PartitionState: 'error', ReferenceCode: 'B2001230' }
  t.throws(
    () => powerOfPartition(partition),
    new RemoteError('state', 'Partition lpar1 is neither on nor off: the HMC reports "error", reference code B2001230'),
  )
})

test('a job request has its children in the order that the HMC wants', async (t) => {
  const root = readXml(jobRequest(jobOrders.osShutdown), limits)
  const names = (name: string) => elementsNamed(root, name)[0]?.children.map((child) => child.name)
  t.same(names('JobRequest'), ['Metadata', 'RequestedOperation', 'JobParameters'])
  t.same(names('RequestedOperation'), ['Metadata', 'OperationName', 'GroupName', 'ProgressType'])
  t.same(names('JobParameters'), ['Metadata', 'JobParameter', 'JobParameter', 'JobParameter'])
  t.same(names('JobParameter'), ['Metadata', 'ParameterName', 'ParameterValue'])
  const values = elementsNamed(root, 'JobParameter').map(({ children }) => children.slice(1).map(({ text }) => text))
  t.same(values, [
    ['operation', 'osshutdown'],
    ['immediate', 'false'],
    ['restart', 'false'],
  ])
  t.equal(root.attributes.schemaVersion, 'V1_0')
})

test('each verb has its parameters', async (t) => {
  const rows = [
    ['on', 'PowerOn', { force: 'false', novsi: 'true', bootmode: 'norm' }],
    ['off', 'PowerOff', { operation: 'shutdown', immediate: 'true', restart: 'false' }],
    ['restart', 'PowerOff', { operation: 'shutdown', immediate: 'true', restart: 'true' }],
    ['delayedOff', 'PowerOff', { operation: 'shutdown', immediate: 'false', restart: 'false' }],
    ['osShutdown', 'PowerOff', { operation: 'osshutdown', immediate: 'false', restart: 'false' }],
  ] as const
  for (const [name, operation, parameters] of rows) t.same(jobOrders[name], { operation, parameters }, name)
})

test('user and password are escaped in the logon', async (t) => {
  const root = readXml(logonRequest('a<b', new Secret('c&"d').reveal()), limits)
  t.same(
    root.children.map(({ name, text }) => [name, text]),
    [
      ['Metadata', ''],
      ['UserID', 'a<b'],
      ['Password', 'c&"d'],
    ],
  )
})

/** A job as the HMC answers it. */
function jobDocument(status: string, more = '', id = '1608034291041') {
  return readXml(
    `<entry xmlns="http://www.w3.org/2005/Atom"><content><J:JobResponse xmlns:J="u"><J:JobID kb="ROR">${id}</J:JobID><J:Status>${status}</J:Status>${more}</J:JobResponse></content></entry>`,
    limits,
  )
}

test('every status of a job is waiting, running, well or badly ended', async (t) => {
  const rows = [
    ['NOT_STARTED', 'waiting'],
    ['RUNNING', 'running'],
    ['COMPLETED_OK', 'ok'],
    ['COMPLETED_WITH_WARNINGS', 'ok'],
    ['COMPLETED_WITH_ERROR', 'failed'],
    ['FAILED_BEFORE_COMPLETION', 'failed'],
    ['FAILED_TO_START', 'failed'],
    ['CANCELED_BEFORE_START', 'cancelled'],
    ['CANCELED_WHILE_RUNNING', 'failed'],
  ] as const
  for (const [status, end] of rows) t.match(jobIn(jobDocument(status)), { id: '1608034291041', status, end })
  for (const status of ['', 'DONE', 'toString']) t.equal(jobIn(jobDocument(status)), undefined, status)
  t.equal(jobIn(jobDocument('RUNNING', '', '../jobs')), undefined)
  t.equal(jobIn(jobDocument('RUNNING', '', '99999999999999999999'))?.id, '99999999999999999999', 'an id is text')
})

test('the reason of a job is its result, else its exception', async (t) => {
  const result = (name: string) =>
    `<Results><JobParameter><ParameterName>returnCode</ParameterName><ParameterValue>1</ParameterValue></JobParameter><JobParameter><ParameterName>${name}</ParameterName><ParameterValue>HSCL05DF not now</ParameterValue></JobParameter></Results>`
  const exception = '<ResponseException><Message>the exception</Message></ResponseException>'
  const text = (more: string) => jobIn(jobDocument('COMPLETED_WITH_ERROR', more))?.text
  t.equal(text(result('result') + exception), 'HSCL05DF not now')
  t.equal(text(result('other') + exception), 'the exception')
  t.equal(text('<ExceptionText>older</ExceptionText>'), 'older')
  t.equal(text(''), '')
})

test('message ids say what a refusal means', async (t) => {
  const rows = [
    ['HSCL1558', 'already'],
    ['PVME04000005', 'already'],
    ['PVME01050901', 'already'],
    ['HSCL3681', 'already'],
    ['PVME01042026', 'already'],
    ['HSCL0DB4', 'state'],
    ['PVME01050905', 'state'],
    ['PVME01050402', 'state'],
    ['HSCL05DF', 'state'],
    ['HSCL350B', 'privilege'],
    ['HSCL8012', 'missing'],
    ['The HMC is busy.\nRetry the operation.', 'busy'],
    ['retry, it is busy', 'busy'],
    ['it is busy', undefined],
    ['HSCL9999', undefined],
  ] as const
  for (const [text, meaning] of rows) t.equal(meaningOf(`x ${text} y`), meaning, text)
})

test('a refusal has the kind of its message id, a short text, and advice where no operating system can be asked', async (t) => {
  t.match(refusalOf('Job 1', 'HSCL350B no authority', 'refused'), { kind: 'privilege', message: /^Job 1: HSCL350B/ })
  t.match(refusalOf('Job 1', '', 'refused'), { kind: 'refused', message: 'Job 1: no reason given' })
  t.match(refusalOf('Job 1', 'HSCL1558', 'refused'), { kind: 'refused' })
  t.match(refusalOf('Job 1', 'PVME01050905', 'refused'), { kind: 'state', message: /RMC/ })
  t.ok(refusalOf('Job 1', 'x'.repeat(5000), 'refused').message.length < 400)
})

test('a partition is a UUID or SYSTEM/NAME, and nothing else gets into a URL', async (t) => {
  const uuid = '0AE1B2C3-0000-4000-8000-00000000000F'
  t.same(partitionNamed(uuid), { uuid })
  t.same(partitionNamed(uuid.toLowerCase()), { uuid })
  t.same(partitionNamed('p9 one/lpar 1'), { system: 'p9 one', name: 'lpar 1' })
  for (const id of [undefined, '']) t.throws(() => partitionNamed(id), { code: 'PARAM_MISSING' })
  for (const id of ['lpar1', '/x', 'x/', 'a/b/c', '../../web/Logon'])
    t.throws(() => partitionNamed(id), { code: 'PARAM_INVALID' }, id)
})

test('partitions are read by name with any prefix, and from quick properties', async (t) => {
  const fields =
    '<PartitionName>lpar1</PartitionName><P:PartitionState>open firmware</P:PartitionState><PartitionMemoryConfiguration><CurrentMemory>4096</CurrentMemory></PartitionMemoryConfiguration>'
  const document = readXml(
    `<entry><content><P:LogicalPartition xmlns:P="u">${fields}</P:LogicalPartition></content></entry>`,
    limits,
  )
  t.same(partitionInXml(document), { PartitionName: 'lpar1', PartitionState: 'open firmware', CurrentMemory: '4096' })
  t.equal(partitionInXml(readXml('<entry><content/></entry>', limits)), undefined)
  t.same(partitionInJson({ PartitionState: 'running', PartitionID: 3, Links: [] }), {
    PartitionState: 'running',
    PartitionID: '3',
  })
  for (const value of [undefined, null, 'running', [], {}, { PartitionState: 3 }])
    t.equal(partitionInJson(value), undefined)
})
