//! How the file of a database is made and opened.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Builder, ReadableDatabase, StorageBackend};

use super::{DatabaseError, Failure, META, Schema, create_tables};

/// The largest file that is verified completely when it is opened, in bytes: it takes less than a
/// tenth of a second.
const VERIFY_BYTES: u64 = 64 * 1024 * 1024;

/// Makes the file under another name, so that a crash leaves it whole or absent.
pub(super) fn create(path: &Path, schema: &Schema) -> Result<(), Failure<DatabaseError>> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    let file = begin(directory, &unfinished).map_err(redb::Error::Io)?;
    let database = Builder::new().create_with_backend(Unfinished(FileBackend::new(file)?))?;
    create_tables(&database, schema)?;
    database.close()?;
    Ok(finish(directory, &unfinished, path).map_err(redb::Error::Io)?)
}

/// A file that nobody opens before [`finish`] has brought it to the disk: if that does not happen, it is
/// made again. So the waits for the disk that making it asks for, several of them, are left out.
#[derive(Debug)]
struct Unfinished(FileBackend);

impl StorageBackend for Unfinished {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.0.close()
    }
}

fn begin(directory: &Path, unfinished: &Path) -> io::Result<fs::File> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700).create(directory)?;
    match fs::remove_file(unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(unfinished)
}

fn finish(directory: &Path, unfinished: &Path, path: &Path) -> io::Result<()> {
    fs::File::open(unfinished)?.sync_all()?;
    fs::rename(unfinished, path)?;
    // The name, too, has to reach the disk.
    fs::File::open(directory)?.sync_all()
}

/// Opens a file that is there.
pub(super) fn open(path: &Path, schema: &Schema) -> Result<redb::Database, Failure<DatabaseError>> {
    let length = protect(path).map_err(redb::Error::Io)?;
    let database = Builder::new()
        .set_cache_size(schema.cache_bytes)
        .set_check_integrity_on_open(length <= VERIFY_BYTES)
        .open(path)?;
    let version = database.begin_read()?.open_table(META)?.get("version")?;
    let known = schema.version;
    match version.map(|version| version.value()) {
        Some(found) if found == known => Ok(database),
        Some(found) if found > known => Err(Failure::Refused(DatabaseError::Newer {
            place: path.display().to_string(),
            found,
            known,
        })),
        Some(found) => Err(Failure::Damaged(format!("there is no version {found}"))),
        None => Err(Failure::Damaged("it has no version".to_owned())),
    }
}

/// Takes the file from whoever else may read it (a copy from a backup often has another mode), and
/// returns its length in bytes.
fn protect(path: &Path) -> io::Result<u64> {
    let metadata = fs::metadata(path)?;
    if metadata.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
    }
    Ok(metadata.len())
}
