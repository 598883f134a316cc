/** What delivery has come to since the process started. */
export class DeliveryFigures {
  accepted = 0
  repeated = 0
  posted = 0
  edited = 0
  found = 0
  limited = 0
  failed = 0
  parked = 0
}
