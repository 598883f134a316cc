import { type Logger, PowerbusError } from '@powerbus/plugin-sdk'
import { type RedfishService, selfSignedCertificate, startRedfishService } from '@powerbus/redfish/service'
import type { Bmc } from 'node-ipmi/bmc'
import type { Vm } from '../hypervisor/vm.ts'
import type { BmcSettings } from '../settings.ts'

/** Sessions at one time, of all VMs together. */
const MAX_SESSIONS = 64

/** One Redfish service whose systems are the VMs, over their emulated BMCs. */
export class VmRedfish {
  readonly #service: RedfishService

  private constructor(service: RedfishService) {
    this.#service = service
  }

  /** Listens at the BMCs' address, and logs what fails at a VM. Throws OBJECT_CONFLICT where the port is taken. */
  static async start({ address, username, password }: BmcSettings, port: number, log: Logger): Promise<VmRedfish> {
    const service = startRedfishService({
      address,
      port,
      tls: selfSignedCertificate('localhost', address),
      hosts: [],
      accounts: [{ username, password: password.reveal() }],
      quirks: { maxSessions: MAX_SESSIONS },
      onError: (error) => log.warn('the Redfish service could not use a VM', { reason: String(error) }),
    })
    return new VmRedfish(
      await service.catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EADDRINUSE') throw error
        const text = `Port ${port} of ${address} is in use: set virtualbox/redfish-port to a free port`
        throw new PowerbusError('OBJECT_CONFLICT', text, { cause: error })
      }),
    )
  }

  /** Shows the VM as a system, whose id is the VM's. */
  add({ id, name }: Vm, { machine }: Bmc): void {
    this.#service.state.addHost({ id, name, uuid: id, machine })
  }

  remove(id: string): void {
    this.#service.state.removeHost(id)
  }

  async close(): Promise<void> {
    await this.#service.close()
  }
}
