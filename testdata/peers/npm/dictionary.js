'use strict';

// What the package's dictionary lacks of the standards is taken from the dictionaries of this
// directory's parent, and nothing else is: where it knows an AVP its own word stands.

const fs = require('fs');
const path = require('path');
const dictionary = require('diameter/lib/diameter-dictionary');

// Failed-AVP has no type in the package. It holds what was wrong with a request, which may well be
// unknown to the reader, so it is not looked into. Its Trigger-Type ends at 72.
const opaque = ['Failed-AVP'];
const outdated = ['Trigger-Type'];

const types = {
    Address: 'IPAddress',
    DiameterIdentity: 'OctetString',
    DiameterURI: 'OctetString',
    Enumerated: 'Unsigned32',
    IPFilterRule: 'OctetString',
    UTF8String: 'OctetString',
};

// sections cuts a dictionary into [title, words] of its sections.
function sections(text) {
    return text.replace(/;.*/g, '').split(/^@/m).slice(1).map((section) => {
        const [title, ...rest] = section.split('\n');
        return [title.trim().split(/\s+/), rest.join(' ').trim().split(/\s+/)];
    });
}

function read(file, avps) {
    for (const [[kind, name], words] of sections(fs.readFileSync(file, 'utf8'))) {
        if (kind === 'avp_types') {
            for (let i = 0; i + 3 < words.length; i += 4) {
                avps.set(words[i], avp(words[i], Number(words[i + 1]), words[i + 2], words[i + 3]));
            }
        } else if (kind === 'avp_vendor_id') {
            words.forEach((word) => Object.assign(avps.get(word), {vendorId: Number(name)}));
        } else if (kind === 'enum') {
            avps.get(name).enums = words.filter((_, i) => i % 2 === 0)
                .map((word, i) => ({name: word, code: Number(words[2 * i + 1])}));
        }
    }
}

function avp(name, code, type, flags) {
    return {
        name, code, vendorId: 0,
        type: opaque.includes(name) ? 'OctetString' : types[type] || type,
        flags: {mandatory: flags.includes('M'), protected: false, vendorBit: flags.includes('V')},
    };
}

// extend makes the package find what it lacks.
exports.extend = function (directory) {
    const avps = new Map();
    for (const file of ['ocs_base.dia', 'ocs_credit_control.dia']) {
        read(path.join(directory, file), avps);
    }
    const byCode = dictionary.getAvpByCodeAndVendorId;
    const byName = dictionary.getAvpByName;
    const more = [...avps.values()].filter((a) => {
        const own = byCode(a.code, a.vendorId);
        return !own || !own.type || outdated.includes(a.name);
    });
    dictionary.getAvpByCodeAndVendorId = (code, vendorId) =>
        more.find((a) => a.code === code && a.vendorId === vendorId) || byCode(code, vendorId);
    dictionary.getAvpByName = (name) => more.find((a) => a.name === name) || byName(name);
};
