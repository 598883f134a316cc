import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestScope, tempFolder } from '@powerbus/testkit'
import { startLab } from '../../src/start-lab.ts'

export const credentials = { username: 'admin', password: 'only-the-bmc-knows' }

/** A machine that changes its power at once, reached by IPMI and Redfish, and the file of its certificate. */
export async function rackOfOne(scope: TestScope) {
  const times = { powerUpMs: 1, powerDownMs: 1, cycleOffMs: 1, softShutdownMs: 1 }
  const lab = await startLab({ count: 1, port: 0, faces: ['redfish', 'ipmi'], credentials, times })
  scope.teardown(() => lab.close())
  const [bmc] = lab.bmcs
  const face = bmc?.faces.redfish
  if (!bmc || !face) throw new Error('the lab has no Redfish service')
  const folder = tempFolder(scope)
  const certificate = join(folder, 'bmc.pem')
  writeFileSync(certificate, face.certificate)
  return { ...bmc, service: face.service, certificate, folder }
}
