import { selfSignedCertificate, startRedfishService } from '@powerbus/redfish/service'
import type { RackOptions, RedfishFace, Seat } from './face.ts'
import type { Place } from './listen-all.ts'

/** Makes one certificate for the rack, and returns what starts the service of a machine over its BMC. */
export async function prepareRedfishFace({ credentials, clock, redfish, address }: RackOptions) {
  const { personality, quirks, hasTls = true } = redfish
  const tls = hasTls ? selfSignedCertificate('localhost', address) : undefined
  return async (seat: Seat, place: Place): Promise<RedfishFace> => {
    const service = await startRedfishService({
      ...place,
      hosts: [{ machine: seat.bmc.machine, uuid: seat.guid }],
      accounts: [credentials],
      clock,
      ...(tls && { tls }),
      ...(personality && { personality }),
      quirks: { ...(!tls && { plainLogin: true }), ...quirks },
    })
    const { port } = service
    return { address: place.address, port, service, certificate: tls?.cert ?? '', close: () => service.close() }
  }
}
