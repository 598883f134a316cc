import type { DrpEvent } from '@powerbus/drp'

/** An event before it has a time and an id; what came with both keeps them. */
export type NewEvent = Pick<DrpEvent, 'Type' | 'Action' | 'Key' | 'Principal'> & Partial<DrpEvent>
