import { decodeMachine } from '@powerbus/drp'
import { test } from 'tap'
import { labRackLine } from '../src/up/lab-rack.ts'

function machine(Name: string, port?: number) {
  const place = { 'ipmi/address': '127.0.0.1', 'ipmi/port-ipmitool': port }
  return decodeMachine({ Uuid: Name, Name, Params: port === undefined ? {} : place })
}

test("the lab rack's line shows the addresses of its BMCs", (t) => {
  t.match(labRackLine([]), /none/)
  t.match(labRackLine([machine('node-01', 6230)]), /node-01; BMCs at 127\.0\.0\.1, UDP ports 6230 to 6230$/)
  const rack = [machine('node-01', 6232), machine('node-02', 6230), machine('node-03', 6231)]
  t.match(labRackLine(rack), /node-01 to node-03; .* 6230 to 6232$/)
  t.end()
})

test("the lab rack's line names machines without a BMC, in any position", (t) => {
  const lacking = machine('node-01')
  const ready = machine('node-02', 6231)
  for (const rack of [
    [lacking, ready],
    [ready, lacking],
  ])
    t.match(labRackLine(rack), /127\.0\.0\.1, UDP ports 6231 to 6231; .*: node-01$/)
  for (const line of [labRackLine([lacking]), labRackLine([lacking, ready])]) t.notMatch(line, /undefined|NaN|Infinity/)
  t.end()
})
