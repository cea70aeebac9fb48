/** A packet that breaks the protocol. The connection ends; MQTT 5 clients are told `reasonCode` (§4.13). */
export class PacketError extends Error {
  readonly reasonCode: number
  constructor(reasonCode: number, message: string) {
    super(message)
    this.name = 'PacketError'
    this.reasonCode = reasonCode
  }
}
