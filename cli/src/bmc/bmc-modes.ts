/** Values of --mode, as of the param ipmi/mode. */
export const bmcModes = ['ipmitool', 'redfish', 'racadm', 'lpar', 'auto'] as const
export type BmcMode = (typeof bmcModes)[number]

/** 0: the driver knows, since racadm has one port for each way to reach it. */
export const defaultPorts: Readonly<Record<BmcMode, number>> = {
  ipmitool: 623,
  redfish: 443,
  racadm: 0,
  lpar: 12443,
  auto: 443,
}
