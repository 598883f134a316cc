/** A slot for images that look like a drive to the machine. */
export interface MediaSlot {
  readonly Id: string
  /** Such as `CD`, `DVD`, `USBStick`. */
  readonly MediaTypes: readonly string[]
  readonly Inserted: boolean
  /** Address of the image, without credentials; null where there is none. */
  readonly Image: string | null
  readonly WriteProtected?: boolean
}

export interface MediaRequest {
  readonly url: string
  /** Boot from the image next time. */
  readonly boot: boolean
  /** In UEFI mode, where the BMC lets it be chosen. */
  readonly efi: boolean
}

export interface MediaResult {
  readonly Slot: MediaSlot
  /** The slot reports the image as inserted. */
  readonly Verified: boolean
  /** What the machine boots from next time, as read back; absent where it was not asked for. */
  readonly Boot?: { readonly BootDevice: string; readonly Verified: boolean; readonly Note?: string }
}
