/**
 * Mnemonics that NASM knows and the table does not yet, by extension, so that a source that uses one gets told so. Braces
 * stand for alternatives, as in a shell: `vpmov{b,w}2m` is VPMOVB2M and VPMOVW2M.
 */

const words: Record<string, string> = {
  'AVX-512': `
    kadd{,b,w,d,q} kand{,b,w,d,q} kandn{,b,w,d,q} kmov{,b,w,d,q} knot{,b,w,d,q} kor{,b,w,d,q} kortest{,b,w,d,q}
    kshiftl{,b,w,d,q} kshiftr{,b,w,d,q} ktest{,b,w,d,q} kunpck{,bw,wd,dq} kxnor{,b,w,d,q} kxor{,b,w,d,q}
    valign{d,q} vblendm{pd,ps} vbroadcast{f,i}{32x2,32x4,32x8,64x2,64x4} vcmpeq_oq{pd,ps,sd,ss} vcompress{pd,ps}
    vcvt{,t}{pd,ps}2{qq,udq,uqq} vcvt{qq,uqq}2{pd,ps} vcvtudq2{pd,ps} vcvt{,t}{sd,ss}2usi vcvtusi2{sd,ss} vdbpsadbw
    vexp2{pd,ps} vexpand{pd,ps} vextract{f,i}{32x4,32x8,64x2,64x4} vinsert{f,i}{32x4,32x8,64x2,64x4}
    vfixupimm{pd,ps,sd,ss} vfpclass{pd,ps,sd,ss} vgatherpf{0,1}{d,q}{pd,ps} vscatterpf{0,1}{d,q}{pd,ps}
    vgetexp{pd,ps,sd,ss} vgetmant{pd,ps,sd,ss} vmovdqa{32,64} vmovdqu{8,16,32,64} vp2intersectd vpabsq vpandd vpandq
    vpandn{d,q} vpblendm{b,w,d,q} vpbroadcastm{b2q,w2d} vpcmp{,eq,ge,gt,le,lt,neq,ngt,nle,nlt}{ub,uw,ud,uq}
    vpcmp{,ge,le,lt,neq,ngt,nle,nlt}{b,w,d,q} vpcompress{b,w,d,q} vpconflict{d,q} vpermb vpermw vpermi2{b,w,d,q,pd,ps}
    vpermt2{b,w,d,q,pd,ps} vpexpand{b,w,d,q} vplzcnt{d,q} vpmaxsq vpmaxuq vpminsq vpminuq vpmov{b,w,d,q}2m
    vpmovm2{b,w,d,q} vpmov{,s,us}{wb,db,dw,qb,qw,qd} vpmullq vpmultishiftqb vpopcnt{b,w,d,q} vpord vporq
    vprol{,v}{d,q} vpror{,v}{d,q} vpscatter{d,q}{d,q} vscatter{d,q}{pd,ps} vpshld{,v}{w,d,q} vpshrd{,v}{w,d,q}
    vpshufbitqmb vpsllvw vpsrlvw vpsravw vpsravq vpsraq vpternlog{d,q} vptestm{b,w,d,q} vptestnm{b,w,d,q} vpxord vpxorq
    vrange{pd,ps,sd,ss} vrcp14{pd,ps,sd,ss} vrcp28{pd,ps,sd,ss} vreduce{pd,ps,sd,ss} vrndscale{pd,ps,sd,ss}
    vrsqrt14{pd,ps,sd,ss} vrsqrt28{pd,ps,sd,ss} vscalef{pd,ps,sd,ss} vshuf{f,i}{32x4,64x2} v4f{,n}madd{ps,ss}
    v4dpwssd v4dpwssds vcvtne2ps2bf16 vdpbf16ps`,
  'AVX512-FP16': `
    vadd{ph,sh} vcmp{ph,sh} vcomish vucomish vdiv{ph,sh} vmul{ph,sh} vsub{ph,sh} vsqrt{ph,sh} vrsqrt{ph,sh} vrcp{ph,sh}
    vscalef{ph,sh} vreduce{ph,sh} vendscale{ph,sh} vgetexp{ph,sh} vgetmant{ph,sh} vgetmax{ph,sh} vgetmin{ph,sh}
    vfpclass{ph,sh} vmovsh vmovw vcvt{dq,pd,qq,udq,uqq,uw,w}2ph vcvtph2{pd,psx} vcvt{,t}ph2{dq,qq,udq,uqq,uw,w}
    vcvt{sd,ss,si,usi}2sh vcvtsh2{sd,ss} vcvt{,t}sh2{si,usi} vf{,c}maddc{ph,sh} vf{,c}mulcpch vf{,c}mulcsh
    vf{madd,msub}{132,213,231}ph vf{maddsub,msubadd}{132,213,231}ph
    vp{madd,msub}{132,213,231}{ph,sh} vpn{madd,msub}{132,213,231}sh`,
  'AVX-VNNI': 'vpdpbusd vpdpbusds vpdpwssd vpdpwssds vpdpb{ss,su,uu}d{,s}',
  'AVX-IFMA': 'vpmadd52{h,l}uq',
  'AVX-NE-CONVERT': 'vbcstne{bf16,sh2}ps vcvtne{e,o}{bf16,ph}2ps vcvtneps2bf16',
  GFNI: '{,v}gf2p8affineinvqb {,v}gf2p8affineqb {,v}gf2p8mulb',
  AMX: 'ldtilecfg sttilecfg tdpbf16ps tdpb{ss,su,us,uu}d tileloadd tileloaddt1 tilestored tilerelease tilezero',
  MPX: 'bndmk bndcl bndcu bndcn bndmov bndldx bndstx',
  'AMD 3DNow!': `
    femms pavgusb pf2id pf2iw pfacc pfadd pfcmp{eq,ge,gt} pfmax pfmin pfmul pfnacc pfpnacc pfrcp pfrcpit1 pfrcpit2 pfrcpv
    pfrsqit1 pfrsqrt pfrsqrtv pfsub pfsubr pi2fd pi2fw pmulhrwa pswapd`,
  'AMD SSE4A': 'extrq insertq movntsd movntss',
  'AMD LWP': 'llwpcb slwpcb lwpval lwpins',
  'AMD TBM': 'blci blcic blsic blcfill blsfill blcmsk blcs tzmsk t1mskc',
  'AMD FMA4': 'vf{,n}{madd,msub}{pd,ps,sd,ss} vf{maddsub,msubadd}{pd,ps}',
  'AMD XOP': `
    vfrcz{pd,ps,sd,ss} vpcmov vpcom{b,w,d,q,ub,uw,ud,uq} vphadd{bw,bd,bq,wd,wq,dq} vphaddu{bw,bd,bq,wd,wq,dq}
    vphsub{bw,wd,dq} vpmacs{,s}{dd,dqh,dql,wd,ww} vpmadcs{,s}wd vpperm vprot{b,w,d,q} vpsha{b,w,d,q} vpshl{b,w,d,q}`,
  'Cyrix MMX': 'paddsiw paveb pdistib pmachriw pmagw pmulhriw pmulhrwc pmv{gez,lz,nz,z}b psubsiw',
};

/** Instructions of the table that AVX-512 gives operands which AVX has not: immediates beside memory, general registers. */
const widened = `
  vpslldq vpsrldq vps{ll,rl}{w,d,q} vpsra{w,d} vpbroadcast{b,w,d,q} vperm{q,pd} vcvt{,t}pd2dq vcvtpd2ps vextractps vpextr{b,w}`;

/** All words that a word with braces stands for. */
function expand(word: string): string[] {
  const open = word.indexOf('{');
  if (open < 0) return [word];
  const close = word.indexOf('}', open);
  const rest = expand(word.slice(close + 1));
  const choices = word.slice(open + 1, close).split(',');
  return choices.flatMap((choice) => rest.map((end) => word.slice(0, open) + choice + end));
}

const expandAll = (text: string): string[] => text.trim().split(/\s+/).flatMap(expand);

let byMnemonic: Map<string, string> | undefined;

/** Every such mnemonic, in lower case, with its extension; made at the first use. */
export function laterMnemonics(): ReadonlyMap<string, string> {
  if (byMnemonic === undefined) {
    byMnemonic = new Map();
    for (const [extension, text] of Object.entries(words))
      for (const name of expandAll(text)) byMnemonic.set(name, extension);
  }
  return byMnemonic;
}

/** The extension that an instruction which the table does not have yet belongs to. @param mnemonic in lower case */
export function laterExtension(mnemonic: string): string | undefined {
  return laterMnemonics().get(mnemonic);
}

let widenedMnemonics: ReadonlySet<string> | undefined;

/** Does AVX-512 have forms of the mnemonic with other operands than the table's? */
export function hasLaterForms(mnemonic: string): boolean {
  widenedMnemonics ??= new Set(expandAll(widened));
  return widenedMnemonics.has(mnemonic);
}
