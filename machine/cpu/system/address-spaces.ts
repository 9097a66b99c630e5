import { Right } from './paging';
import type { Domain, TlbEntryView, Translations } from './tlb';

/** What {@link AddressSpaces.save} gives. */
export interface AddressSpacesState {
  next: number;
  domains: (Omit<Domain, 'spaces'> & { spaces: [number, number][] })[];
  /** Which large pages may be held: without it, each INVLPG after a restore would have to search everything. */
  large: Uint8Array;
  gigabyte: boolean;
}

/** What the translations of a PCID add to their slots. */
export function hashOf(domain: Domain, pcid: number): number {
  return domain.hash + pcid * 499;
}

/**
 * Generations of address spaces (VPID, EPT pointer, PCID): a flush of one gives it a new generation, so that what was
 * cached under the old one is never found again. Numbers are unique over address spaces and domains, and over CPUs.
 */
export class AddressSpaces {
  /** Generation of the address space in force, and of its domain's global translations. */
  current = 0;
  currentGlobal = 0;
  /** What their translations add to their slots. */
  hash = 0;
  globalHash = 0;
  #next: number;
  #domains: Domain[] = [];
  #domain: Domain | undefined;
  #pcid = 0;
  /** Largest page size (Right.sizeShift's code) seen in a 2 MiB region, hashed; may say more than is cached. */
  readonly #large = new Uint8Array(4096);
  #gigabyte = false;

  /** @param first generations are this, and each `step` more: CPUs have different ones */
  constructor(
    first = 1,
    private readonly step = 1,
  ) {
    this.#next = first;
    this.select(0, 0, 0);
  }

  #generation(): number {
    const generation = this.#next;
    this.#next += this.step;
    return generation;
  }

  reset(): void {
    this.#domains = [];
    this.#domain = undefined;
    this.#large.fill(0);
    this.#gigabyte = false;
    this.select(0, 0, 0);
  }

  select(vpid: number, eptp: number, pcid: number): void {
    let domain = this.#domain;
    if (domain === undefined || domain.vpid !== vpid || domain.eptp !== eptp) {
      domain = this.#domains.find((d) => d.vpid === vpid && d.eptp === eptp);
      if (domain === undefined) {
        domain = { hash: this.#domains.length * 1201, vpid, eptp, global: this.#generation(), spaces: new Map() };
        this.#domains.push(domain);
      }
      this.#domain = domain;
    }
    this.#pcid = pcid;
    this.refresh();
  }

  /** Takes the generations of what is in force after flushes. */
  refresh(): void {
    this.current = this.generationOf(this.#pcid);
    this.currentGlobal = this.#domain!.global;
    this.globalHash = this.#domain!.hash;
    this.hash = hashOf(this.#domain!, this.#pcid);
  }

  /** The slot hash of a PCID of the present domain. */
  hashOf(pcid: number): number {
    return hashOf(this.#domain!, pcid);
  }

  /** Generation of a PCID of the present domain. */
  generationOf(pcid: number): number {
    const { spaces } = this.#domain!;
    let generation = spaces.get(pcid);
    if (generation === undefined) {
      generation = this.#generation();
      spaces.set(pcid, generation);
    }
    return generation;
  }

  /** All but global translations of the present PCID. */
  flushSpace(): void {
    this.#domain!.spaces.set(this.#pcid, this.#generation());
  }

  flushPcid(pcid: number): void {
    this.#domain!.spaces.delete(pcid);
  }

  flushDomain(): void {
    this.flush(this.#domain!, true);
  }

  flushDomainKeepGlobal(): void {
    this.flush(this.#domain!, false);
  }

  flush(domain: Domain, global: boolean): void {
    if (global) domain.global = this.#generation();
    domain.spaces.clear();
  }

  domains(): readonly Domain[] {
    return this.#domains;
  }

  /** A page of size code 1..3 entered the TLB. */
  noteLarge(low: number, high: number, size: number): void {
    if (size === 3) {
      this.#gigabyte = true;
      return;
    }
    const region = (low >>> 21) ^ (high << 3);
    const at = region & 4095;
    if (this.#large[at] < size) this.#large[at] = size;
    if (size === 2 && this.#large[at ^ 1] < size) this.#large[at ^ 1] = size;
  }

  /** Size code of the largest page that may be cached for this address. */
  largestAt(low: number, high: number): number {
    if (this.#gigabyte) return 3;
    return this.#large[((low >>> 21) ^ (high << 3)) & 4095];
  }

  save(): AddressSpacesState {
    const domains = this.#domains.map((domain) => ({ ...domain, spaces: [...domain.spaces] }));
    return { next: this.#next, domains, large: this.#large.slice(), gigabyte: this.#gigabyte };
  }

  load(state: AddressSpacesState): void {
    this.#next = state.next;
    this.#domains = state.domains.map((d) => ({ ...d, spaces: new Map(d.spaces) }));
    this.#domain = undefined;
    this.#large.set(state.large);
    this.#gigabyte = state.gigabyte;
    this.select(0, 0, 0);
  }

  view(cache: Translations): TlbEntryView[] {
    const owners = new Map<number, { domain: Domain; pcid: number }>();
    for (const domain of this.#domains) {
      owners.set(domain.global, { domain, pcid: 0 });
      for (const [pcid, generation] of domain.spaces) owners.set(generation, { domain, pcid });
    }
    const result: TlbEntryView[] = [];
    for (let slot = 0; slot < cache.entries; slot++) {
      const owner = cache.pageLow[slot] === 0 ? undefined : owners.get(cache.generation[slot]);
      if (owner === undefined) continue;
      const rights = cache.rights[slot];
      const size = (rights >>> Right.sizeShift) & 3;
      result.push({
        linear: (BigInt(cache.pageHigh[slot] >>> 0) << 32n) | BigInt((cache.pageLow[slot] & ~0xfff) >>> 0),
        physical: cache.frame[slot],
        pageSize: size === 0 ? 4096 : size === 1 ? 0x200000 : size === 2 ? 0x400000 : 0x40000000,
        writable: (rights & Right.Write) !== 0,
        user: (rights & Right.User) !== 0,
        noExecute: (rights & Right.NoExecute) !== 0,
        dirty: (rights & Right.Dirty) !== 0,
        global: (rights & Right.Global) !== 0,
        vpid: owner.domain.vpid,
        pcid: owner.pcid,
        eptp: owner.domain.eptp,
      });
    }
    return result;
  }
}
