import type { DrpEvent } from '@powerbus/drp'

/** An event whose missing Time and Id are set when it is published. */
export type NewEvent = Pick<DrpEvent, 'Type' | 'Action' | 'Key' | 'Principal'> & Partial<DrpEvent>
