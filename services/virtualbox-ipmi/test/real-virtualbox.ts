import { openVirtualBox, type VirtualBoxOptions } from '../src/hypervisor/virtualbox/virtualbox.ts'
import { hypervisorConformance } from './hypervisor/conformance.ts'

/**
 * The conformance suite of hypervisors against a VirtualBox that is installed: `npm run test:virtualbox`, never in CI.
 * It makes VMs whose names begin with `powerbus conformance` (and one copy), starts and destroys them, and touches no
 * other. VIRTUALBOX_COMMAND, VIRTUALBOX_USER and VIRTUALBOX_FOLDER stand for virtualbox/command, virtualbox/user and
 * virtualbox/vm-path.
 */
const { VIRTUALBOX_COMMAND: command, VIRTUALBOX_USER: user, VIRTUALBOX_FOLDER: folder } = process.env
const options: VirtualBoxOptions = { ...(command && { command }), ...(user && { user }), ...(folder && { folder }) }
const hypervisor = openVirtualBox(options)

try {
  const version = await hypervisor.version({ signal: new AbortController().signal, timeoutMs: 30_000 })
  process.stderr.write(`VirtualBox ${version}\n`)
  hypervisorConformance(`VirtualBox ${version}`, {
    prepare: () => async () => openVirtualBox(options),
    // A host need not have a host-only network.
    networks: [{ kind: 'nat' }],
    patienceMs: 120_000,
    hasGuest: false,
  })
} catch (error) {
  process.stderr.write(
    `There is no VirtualBox to test against: ${error instanceof Error ? error.message : String(error)}\n`,
  )
  process.exitCode = 1
} finally {
  await hypervisor.close()
}
