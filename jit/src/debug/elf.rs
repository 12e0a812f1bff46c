//! An object file with the addresses, names and frames of functions whose code lies elsewhere.

use object::Endianness;
use object::elf;
use object::write::elf::{FileHeader, SectionHeader, Sym, Writer};

use crate::arch::machine::ELF_MACHINE;
use crate::debug::region::NamedFunction;

const MACHINE: elf::Machine = elf::Machine(ELF_MACHINE.expect("debuggers know the machine"));

/// Makes the object of neighbouring functions, in the order of their addresses. `frame` describes the frames of all of
/// them.
pub(crate) fn object(functions: &[NamedFunction], frame: &[u8]) -> object::write::Result<Vec<u8>> {
    let start = functions.first().map_or(0, |first| first.start);
    let end = functions.last().map_or(start, |last| last.start + last.len);
    let frames = || [frame].into_iter().chain(functions.iter().map(|function| &*function.frame));
    let frames_size = frames().map(<[u8]>::len).sum::<usize>() as u64;

    let mut bytes = Vec::new();
    let mut writer = Writer::new(Endianness::Little, true, &mut bytes);
    writer.reserve_file_header();
    let (text_name, frames_name) = (writer.add_section_name(b".text"), writer.add_section_name(b".eh_frame"));
    let text = writer.reserve_section_index();
    writer.reserve_section_index();
    writer.reserve_symtab_section_index();
    writer.reserve_strtab_section_index();
    writer.reserve_shstrtab_section_index();
    let names: Vec<_> = functions
        .iter()
        .map(|function| {
            writer.reserve_symbol_index(Some(text));
            writer.add_string(function.name.as_str().as_bytes())
        })
        .collect();
    let frames_offset = writer.reserve(frames_size, 8);
    writer.reserve_symtab();
    writer.reserve_strtab()?;
    writer.reserve_shstrtab()?;
    writer.reserve_section_headers();

    writer.write_file_header(&FileHeader {
        os_abi: elf::ELFOSABI_NONE,
        abi_version: 0,
        e_type: elf::ET_REL,
        e_machine: MACHINE,
        e_entry: 0,
        e_flags: elf::FileFlags(0),
    })?;
    writer.write_align(8);
    frames().for_each(|frame| writer.write(frame));
    writer.write_null_symbol();
    for (function, name) in functions.iter().zip(names) {
        writer.write_symbol(&Sym {
            section: Some(text.0),
            st_name: writer.string_offset(Some(name)),
            st_info: elf::SymbolInfo::new(elf::STB_GLOBAL, elf::STT_FUNC),
            st_other: elf::SymbolOther(0),
            st_shndx: elf::SHN_UNDEF,
            // In a relocatable file, symbols count from the beginning of the section.
            st_value: (function.start - start) as u64,
            st_size: function.len as u64,
        });
    }
    writer.write_strtab();
    writer.write_shstrtab();
    writer.write_null_section_header();
    writer.write_section_header(&SectionHeader {
        sh_name: writer.section_name_offset(Some(text_name)),
        // The code itself is not in the file.
        sh_type: elf::SHT_NOBITS,
        sh_flags: elf::SHF_ALLOC | elf::SHF_EXECINSTR,
        sh_addr: start as u64,
        sh_offset: 0,
        sh_size: (end - start) as u64,
        sh_link: 0,
        sh_info: 0,
        sh_addralign: 1,
        sh_entsize: 0,
    });
    writer.write_section_header(&SectionHeader {
        sh_name: writer.section_name_offset(Some(frames_name)),
        sh_type: elf::SHT_PROGBITS,
        // The unwinder has its own copy. This copy is for the debugger, and does not need an address.
        sh_flags: elf::SectionFlags(0),
        sh_addr: 0,
        sh_offset: frames_offset,
        sh_size: frames_size,
        sh_link: 0,
        sh_info: 0,
        sh_addralign: 8,
        sh_entsize: 0,
    });
    writer.write_symtab_section_header(1);
    writer.write_strtab_section_header();
    writer.write_shstrtab_section_header();
    Ok(bytes)
}
