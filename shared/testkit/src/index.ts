export { type BuiltEndpoint, startBuiltEndpoint } from './built-endpoint.ts'
export { builtExecutable, bundleExecutable } from './built-executable.ts'
export { bundledProgram } from './bundled-program.ts'
export { faultSeeds } from './fault-seeds.ts'
export { freeTcpPort, freeUdpPort, freeUdpPorts } from './free-port.ts'
export { type HttpProxy, type HttpProxyOptions, startHttpProxy } from './http-proxy.ts'
export { type AskHttps, type HttpsAnswer, type HttpsRequest, httpsRequests } from './https-requests.ts'
export { type SimulatedBmc, startIpmiSim } from './ipmi-sim.ts'
export { type IpmiToolTarget, runIpmiPower, runIpmiTool } from './ipmi-tools.ts'
export { type LabRack, type RackMachine, startLabRack } from './lab-rack.ts'
export {
  type ActionAnswer,
  type ActOptions,
  type LaunchedPlugin,
  type LaunchPluginOptions,
  launchPlugin,
  type PluginMessage,
} from './launch-plugin.ts'
export { type MemoryFaults, MemoryNetwork, type MemoryPacket } from './memory-network.ts'
export * from './metal/index.ts'
export { type NatsServer, type NatsServerOptions, startNatsServer } from './nats-server.ts'
export { type Prism, type PrismOptions, startPrism } from './prism.ts'
export { descendantsOf } from './process-tree.ts'
export { type RedisServer, type RedisServerOptions, startRedis } from './redis-server.ts'
export { type FinishedProgram, type RunOptions, runProgram } from './run-program.ts'
export { type SignedCertificate, signedCertificate } from './signed-certificate.ts'
export {
  type BundleKeys,
  endpointNames,
  keysOf,
  type SimulatedDrp,
  StackedStore,
  simulatedDrp,
} from './simulated-drp.ts'
export * from './slack/index.ts'
export { type ChildProcessHandle, type StartOptions, startProcess } from './start-process.ts'
export * from './task-machine/index.ts'
export { startTcpRelay, type TcpRelay } from './tcp-relay.ts'
export { tempFolder } from './temp-folder.ts'
export * from './templates/index.ts'
export { endScope, openScope, type TestScope } from './test-scope.ts'
export { type UnixAnswer, type UnixRequest, unixRequest } from './unix-request.ts'
export { VirtualClock } from './virtual-clock.ts'
export {
  type FakeFault,
  type FakeVBoxManage,
  type FakeVBoxManageOptions,
  type FakeVm,
  fakeVBoxManage,
} from './virtualbox/fake-vboxmanage.ts'
export { waitUntil, within } from './wait-until.ts'
