import { PowerbusError } from '@powerbus/plugin-sdk'
import { IpmiError } from 'node-ipmi'
import { test } from 'tap'
import { bmcFailure } from '../src/bmc/bmc-failure.ts'

test('an error of a power verb has the kind of the IPMI client, or its own code where there is none', async (t) => {
  const kinds = { NOT_ANSWERED: 'not-answered', OUTCOME_UNKNOWN: 'unknown-outcome', TARGET_TIMEOUT: 'timeout' } as const
  for (const [code, kind] of Object.entries(kinds) as [keyof typeof kinds, string][])
    t.strictSame(bmcFailure(new PowerbusError(code, 'text')), { message: 'text', kind })
  t.strictSame(bmcFailure(new PowerbusError('TARGET_STAYS_OFF', 'text')), { message: 'text', code: 'TARGET_STAYS_OFF' })
})

test('an error of the IPMI client behind it is shown in its place', async (t) => {
  const cause = new IpmiError('completion', '10.0.0.1:623', 'refused', { completionCode: 0xcc })
  const failure = bmcFailure(new PowerbusError('IPMI_COMPLETION', 'with advice', { cause }))
  t.match(failure, { kind: 'completion', completionCode: 0xcc, message: /refused/ })
})
