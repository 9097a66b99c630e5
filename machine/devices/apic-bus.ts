import type { InterruptController } from './device';
import type { LocalApic } from './local-apic';
import { DeliveryMode } from './local-apic-registers';

export interface ApicMessage {
  destination: number;
  logical: boolean;
  mode: number;
  vector: number;
  levelTriggered: boolean;
}

/** What carries interrupt messages: every local APIC, and the I/O APICs that want to hear of ends of interrupt. */
export class ApicBus {
  readonly processors: LocalApic[] = [];
  /** The 8259A that answers the INTA cycle of whoever took an ExtINT message. */
  externalController: Pick<InterruptController, 'acknowledge'> | undefined;
  /** A processor's local APIC was moved, switched on or off, or changed between xAPIC and x2APIC. */
  onBaseChange: () => void = () => {};
  onEndOfInterrupt: (vector: number) => void = () => {};

  send(message: ApicMessage): void {
    this.sendTo(message, this.#addressed(message));
  }

  #addressed({ destination, logical }: Pick<ApicMessage, 'destination' | 'logical'>): LocalApic[] {
    return this.processors.filter((apic) => apic.matches(destination, logical));
  }

  /** Delivers to all of them or, in lowest-priority mode, to the one of lowest processor priority (the first of several). */
  sendTo(message: ApicMessage, targets: readonly LocalApic[]): void {
    if (message.mode !== DeliveryMode.lowest || targets.length < 2) this.deliver(message, targets);
    else {
      const lowest = targets.reduce((a, b) => (b.processorPriority < a.processorPriority ? b : a));
      this.deliver(message, [lowest]);
    }
  }

  deliver(message: ApicMessage, targets: readonly LocalApic[]): void {
    for (const apic of targets) {
      switch (message.mode) {
        case DeliveryMode.fixed:
        case DeliveryMode.lowest:
          apic.accept(message.vector, message.levelTriggered);
          break;
        case DeliveryMode.smi:
          apic.pins.smi();
          break;
        case DeliveryMode.nmi:
          apic.pins.nmi();
          break;
        case DeliveryMode.init:
          apic.pins.init();
          break;
        case DeliveryMode.startup:
          apic.pins.startup(message.vector);
          break;
        case DeliveryMode.extInt:
          apic.acceptExternal();
          break;
      }
    }
  }

  /** The value of a register (offset / 16) of the one local APIC addressed; undefined if there is none, or no such register. */
  remoteRead(destination: number, logical: boolean, register: number): number | undefined {
    const [target] = this.#addressed({ destination, logical });
    return target?.peekRegister(register << 4);
  }

  endOfInterrupt(vector: number): void {
    this.onEndOfInterrupt(vector);
  }
}
