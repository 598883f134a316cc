export {
  type BootFlagsWrite,
  type BootFlagsWritten,
  readBootFlags,
  writeBootFlags,
} from './client/boot-flags.ts'
export type { ClientCounters, DropReason } from './client/counters.ts'
export { IpmiClient, type IpmiClientOptions, type Pong } from './client/ipmi-client.ts'
export type { IpmiConnection, RunLimits } from './client/ipmi-connection.ts'
export { IpmiError, type IpmiErrorDetails, type IpmiErrorKind } from './client/ipmi-error.ts'
export type { IpmiSession } from './client/ipmi-session.ts'
export { patiently } from './client/patiently.ts'
export { type PowerReading, readPower, readPowerEvent } from './client/read-power.ts'
export type { Target } from './client/target.ts'
export { type Workaround, type WorkaroundFacts, workaroundFacts, workarounds } from './client/workarounds.ts'
export { bootDeviceName } from './commands/boot-option-parameters.ts'
export * from './commands/index.ts'
export { CompletionCode, completionMeaning, isPassing } from './spec/completion-code.ts'
export { type GuidOrder, guidFromString, guidOrder, guidToString } from './spec/guid.ts'
export { NetFn } from './spec/net-fn.ts'
export { PrivilegeLevel, type PrivilegeName } from './spec/privilege-level.ts'
export { isFull, RmcpPlusStatus, rmcpPlusStatusMeaning } from './spec/rmcp-plus-status.ts'
export { type Clock, systemClock, type Timer } from './transport/clock.ts'
export type { LiteralAddress, ResolveHost } from './transport/resolve-host.ts'
export type { SocketHandlers, SocketOptions, Transport, TransportSocket } from './transport/transport.ts'
export { udpTransport } from './transport/udp-transport.ts'
